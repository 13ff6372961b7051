/** A fault for the next calls of an EC2 action; see infra/local/ec2/formwright_ec2/faults.py. */
export interface Ec2Fault {
  action: string
  /** EC2's error code; without one the connection is cut. */
  code?: string
  message?: string
  status?: number
  times?: number
  /** The call takes effect, only its answer goes wrong. */
  after?: boolean
  hang_seconds?: number
  match?: Record<string, string>
}

export interface Ec2InstanceState {
  id: string
  state: 'pending' | 'running' | 'shutting-down' | 'stopped' | 'terminated'
  reason: string
  tags: Record<string, string>
  client_token: string | null
  spot_status: string
  shutdown_at: string | null
  /** Living processes. */
  pids: number[]
}

/** What tests and drills may do to the embedded EC2. */
export class Ec2Control {
  constructor(
    private readonly endpoint: string,
    private readonly token: string,
  ) {}

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.endpoint}/_control/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`EC2's control endpoint refused ${method} ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }

  order = (fault: Ec2Fault): Promise<Ec2Fault> => this.call('POST', 'faults', fault)
  faults = (): Promise<Ec2Fault[]> => this.call('GET', 'faults')
  clearFaults = (): Promise<unknown> => this.call('DELETE', 'faults')
  price = (instance_type: string, zone: string, dollars: number): Promise<unknown> =>
    this.call('PUT', 'prices', { instance_type, zone, dollars })
  /** Every instance since the state folder was made, with its living processes. */
  instances = (): Promise<Ec2InstanceState[]> => this.call('GET', 'instances')
  /** An interruption notice; the instance is taken after `seconds`. */
  interrupt = (id: string, seconds = 120): Promise<Ec2InstanceState> => this.call('POST', `instances/${id}/interrupt`, { seconds })
  rebalance = (id: string): Promise<Ec2InstanceState> => this.call('POST', `instances/${id}/rebalance`, {})
  /** Signals every process in the instance; the machine itself stays. */
  signal = (id: string, number = 9): Promise<{ processes: number }> => this.call('POST', `instances/${id}/signal`, { number })
}
