"""EC2's API for the embedded platform: moto's backend, and what moto lacks.

moto keeps the instances and speaks the protocol. This package adds client tokens,
spot requests and prices, faults on demand, and a host on which an instance's user
data really runs.
"""
