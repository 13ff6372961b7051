import { S3Client } from '@aws-sdk/client-s3'

/** A client for the platform's own object store, with the keys in `env`. */
export function objectStore(env: Record<string, string>, endpoint = env.FORMWRIGHT_S3_ENDPOINT): S3Client {
  return new S3Client({
    endpoint,
    region: env.AWS_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
    maxAttempts: 1,
  })
}
