create table users (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

-- What was uploaded. It is kept until its job has ended, so that a worker on any machine can read it.
create table files (
  id uuid primary key,
  user_id text not null references users (id),
  name text not null,
  bytes bytea not null,
  created_at timestamptz not null default now()
);

-- PDFs hardly shrink any further.
alter table files alter column bytes set storage external;

-- The promise that a file will be worked on, written with the file in one transaction. The queue is told afterwards,
-- and told again as long as enqueued_at is null: a crash in between loses nothing.
create table jobs (
  id uuid primary key,
  user_id text not null references users (id),
  file_id uuid not null unique references files (id) on delete cascade,
  created_at timestamptz not null default now(),
  enqueued_at timestamptz
);

create index jobs_not_enqueued on jobs (created_at) where enqueued_at is null;

-- unique (job_id): the note is saved once however often the job is repeated.
create table notes (
  id uuid primary key,
  job_id uuid not null unique,
  user_id text not null references users (id),
  file_name text not null,
  title text not null,
  summary text not null,
  sections jsonb not null,
  key_terms jsonb not null,
  created_at timestamptz not null default now()
);

create index notes_of_user on notes (user_id, created_at desc, id);

create table quizzes (
  note_id uuid primary key references notes (id) on delete cascade,
  questions jsonb not null
);
