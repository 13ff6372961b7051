import type { WorkerOptions } from '@temporalio/worker'

export const DEPLOYMENT = 'formwright'

/** With a build, Temporal keeps each open workflow with the workers of the build that began it; see docs/runbook.md. */
export const versioning = (build: string | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  build
    ? {
        workerDeploymentOptions: {
          useWorkerVersioning: true,
          version: { deploymentName: DEPLOYMENT, buildId: build },
          defaultVersioningBehavior: 'PINNED',
        },
      }
    : {}
