import type { Settings } from './settings.js'

/** How every part reaches Temporal: plainly on one machine, by TLS, a client certificate or an API key elsewhere. */
export interface TemporalAccess {
  address: string
  apiKey?: string
  tls?: { clientCertPair?: { crt: Buffer; key: Buffer }; serverRootCACertificate?: Buffer } | false
}

/** Throws when a certificate comes without its key. */
export function temporalAccess(settings: Settings): TemporalAccess {
  const {
    FORMWRIGHT_TEMPORAL_ADDRESS: address,
    FORMWRIGHT_TEMPORAL_API_KEY: apiKey,
    FORMWRIGHT_TEMPORAL_TLS: tls,
    FORMWRIGHT_TEMPORAL_TLS_CERT: crt,
    FORMWRIGHT_TEMPORAL_TLS_KEY: key,
    FORMWRIGHT_TEMPORAL_TLS_CA: ca,
  } = settings
  if ((crt === undefined) !== (key === undefined))
    throw new Error('Wrong environment:\n  FORMWRIGHT_TEMPORAL_TLS_CERT and FORMWRIGHT_TEMPORAL_TLS_KEY: expected both or neither')
  if (tls === 'off' && crt === undefined && ca === undefined && apiKey === undefined) return { address, tls: false }
  return {
    address,
    ...(apiKey ? { apiKey } : {}),
    tls: {
      ...(crt && key ? { clientCertPair: { crt: Buffer.from(crt), key: Buffer.from(key) } } : {}),
      ...(ca ? { serverRootCACertificate: Buffer.from(ca) } : {}),
    },
  }
}
