import type { Part, PartName } from '../part.js'
import { caddy } from './caddy.js'
import { ec2 } from './ec2.js'
import { inference } from './inference.js'
import { s3 } from './s3.js'
import { app, gateway, worker } from './services.js'
import { temporal } from './temporal.js'

export const ALL_PARTS: Record<PartName, Part> = { temporal, s3, ec2, inference, worker, gateway, app, caddy }
