import { expect, test } from 'vitest';

import { memoryOf } from '../testing/memory-of.js';
import { NoteDestination, type Companion } from './note-destination.js';

test('one upload leads to its note', () => {
  const destination = new NoteDestination(memoryOf());
  destination.begun('upload-1');
  destination.becomes('upload-1', 'job-1');
  expect(destination.ended('job-1')).toBe(true);
  destination.begun('upload-2');
  expect(destination.ended('upload-2')).toBe(true);
});

test('several that overlap lead nowhere, not even the last of them', () => {
  const destination = new NoteDestination(memoryOf());
  destination.begun('upload-1');
  destination.becomes('upload-1', 'job-1');
  destination.begun('upload-2');
  expect(destination.ended('job-1')).toBe(false);
  destination.becomes('upload-2', 'job-2');
  expect(destination.ended('job-2')).toBe(false);
});

test('a job of another tab leads nowhere', () => {
  expect(new NoteDestination(memoryOf()).ended('job-1')).toBe(false);
});

test('a reload changes nothing about it', () => {
  const memory = memoryOf<readonly Companion[]>();
  new NoteDestination(memory).begun('job-1');
  expect(new NoteDestination(memory).ended('job-1')).toBe(true);
});

test('another attempt of a job is a beginning', () => {
  const destination = new NoteDestination(memoryOf());
  destination.begun('job-1');
  destination.ended('job-1');
  destination.begun('job-1');
  expect(destination.ended('job-1')).toBe(true);
});

test('an upload that was given up and arrived all the same is company for those that began meanwhile', () => {
  const destination = new NoteDestination(memoryOf());
  destination.begun('upload-1');
  destination.ended('upload-1');
  destination.begun('job-2');
  destination.becomes('upload-1', 'job-1');
  expect([destination.ended('job-1'), destination.ended('job-2')]).toEqual([false, false]);
});

test('a job that is seen, ended and begun again before its upload is answered is no company for itself', () => {
  const destination = new NoteDestination(memoryOf());
  destination.begun('upload-1');
  destination.ended('job-1');
  destination.begun('job-1');
  destination.becomes('upload-1', 'job-1');
  expect(destination.ended('job-1')).toBe(true);
  destination.begun('job-2');
  expect(destination.ended('job-2')).toBe(true);
});
