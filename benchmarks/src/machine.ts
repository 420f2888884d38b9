import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** One line that says where and on what the figures below were taken. */
export async function describeMachine(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD']).catch(() => ({ stdout: 'unknown' }));
  const cores = cpus();
  return [
    `commit ${stdout.trim()}`,
    `Node ${process.versions.node}`,
    `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${platform()} ${release()} ${arch()}`,
    `load ${loadavg()[0]?.toFixed(1)}`,
  ].join(', ');
}
