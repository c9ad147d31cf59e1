"""Where work is done: in this process, in processes of this machine, or on a Dask cluster; one budget of cores each."""

from bespoke.execution.executor import Executor, ExecutorKind, Serial
from bespoke.execution.opening import executor_of

__all__ = ["Executor", "ExecutorKind", "Serial", "executor_of"]
