import { useJobs } from '@notes/job-events-react';

import { jobsOfUploads } from '../uploads/upload.js';
import { UploadCard } from '../uploads/upload-card.js';
import { useUploads } from '../uploads/uploads-context.js';
import { JobCard } from './job-card.js';
import { knownJob } from './job-facts.js';

/** Everything that is under way or has just ended: what this tab sends first, then the other jobs of the user. */
export function ProgressList() {
  const uploads = useUploads();
  const jobs = useJobs();
  const jobOf = new Map(jobs.map((job) => [job.jobId, job]));
  const jobsOfThisTab = jobsOfUploads(uploads, jobs.map(knownJob));
  const sentHere = new Set(jobsOfThisTab.values());
  if (uploads.length === 0 && jobs.length === 0) return null;
  return (
    <section aria-labelledby="progress-heading">
      <h2 id="progress-heading">Progress</h2>
      <ul className="job-list">
        {/* A job takes the place of its upload: nothing changes places. */}
        {uploads.map((upload) => {
          const job = jobOf.get(jobsOfThisTab.get(upload.id) ?? '');
          return job === undefined ? <UploadCard key={upload.id} upload={upload} /> : <JobCard key={upload.id} job={job} />;
        })}
        {jobs
          .filter(({ jobId }) => !sentHere.has(jobId))
          .map((job) => (
            <JobCard key={job.jobId} job={job} />
          ))}
      </ul>
    </section>
  );
}
