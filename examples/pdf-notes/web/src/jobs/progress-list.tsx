import { useJobs } from '@notes/job-events-react';

import { useUploads } from '../uploads/uploads-context.js';
import { UploadCard } from '../uploads/upload-card.js';
import { JobCard } from './job-card.js';

/** Everything that is under way or has just ended: what this tab sends first, then the other jobs of the user. */
export function ProgressList() {
  const uploads = useUploads();
  const jobs = useJobs();
  const jobOf = new Map(jobs.map((job) => [job.jobId, job]));
  const sentHere = new Set(uploads.flatMap((upload) => (upload.state === 'accepted' ? [upload.jobId] : [])));
  if (uploads.length === 0 && jobs.length === 0) return null;
  return (
    <section aria-labelledby="progress-heading">
      <h2 id="progress-heading">Progress</h2>
      <ul className="job-list">
        {/* A job takes the place of its upload: nothing changes places. */}
        {uploads.map((upload) => {
          const job = upload.state === 'accepted' ? jobOf.get(upload.jobId) : undefined;
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
