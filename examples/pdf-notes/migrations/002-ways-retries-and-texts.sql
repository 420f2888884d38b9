-- A job outlives its file: its row is what is compared with the queue and the job store until its end is certain.
alter table jobs
  add column file_name text,
  -- Which way the job takes: in one, or step by step.
  add column path text not null default 'optimized' check (path in ('optimized', 'steps')),
  -- The attempt that the queue was last asked for: 1, and a greater one each time its user wants it tried again.
  add column attempt integer not null default 1,
  add column promised_at timestamptz not null default now(),
  add column checked_at timestamptz,
  -- Failed or cancelled: from here on the file is kept for a while, for another try.
  add column ended_at timestamptz,
  drop constraint jobs_file_id_fkey,
  alter column file_id drop not null,
  add constraint jobs_file_id_fkey foreign key (file_id) references files (id) on delete set null;

update jobs set promised_at = created_at, file_name = (select name from files where files.id = file_id);

alter table jobs alter column file_name set not null;
alter table files drop column name;

drop index jobs_not_enqueued;
create index jobs_not_enqueued on jobs (promised_at) where enqueued_at is null;
create index jobs_going_on on jobs (checked_at nulls first) where ended_at is null;
create index jobs_ended on jobs (ended_at) where ended_at is not null;

-- What one step has read of a PDF, for the next one. JSON as text: text of a PDF may hold characters that jsonb refuses.
create table extracted_texts (
  job_id uuid primary key references jobs (id) on delete cascade,
  document text not null
);
