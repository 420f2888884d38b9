import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/**
 * Makes the shutdown hooks of a module the last ones of the application, and so the connections that it closes the last
 * thing to close: after every worker that `@nestjs/bullmq` closes in `onApplicationShutdown`, whatever the order of imports.
 *
 * Nest calls the hooks by each module's distance from the root, the greatest last, and gives all global modules the same
 * one (docs/decisions/nest-shutdown-order.md). To be called while the module is constructed. Where a version of Nest
 * does not go by the distance, `close` still waits for the runs in progress.
 */
export function shutDownLast(modules: ModulesContainer, module: Type): void {
  for (const candidate of modules.values()) if (candidate.metatype === module) candidate.distance = Infinity;
}
