"""The interpreter of TFLite models: `tflite-runtime` where it is installed, else its successor `ai-edge-litert`."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from edge.errors import Misconfigured
from edge.vision.reasons import because

try:
    from tflite_runtime.interpreter import Interpreter
except ImportError:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        Interpreter = None


def runtime_name() -> str:
    """Name the runtime with its version; empty without any."""
    for name in ("tflite-runtime", "ai-edge-litert"):
        with suppress(PackageNotFoundError):
            return f"{name} {version(name)}"
    return ""


def make_interpreter(content: bytes) -> Any:
    """Build an interpreter of one thread with its tensors laid out.

    The import alone proves nothing: with a numpy too new for it, tflite-runtime fails only here.

    Raises:
        Misconfigured: there is no runtime, it cannot run here, or the model is broken.
    """
    if Interpreter is None:
        raise Misconfigured(because("no_runtime"))
    try:
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError, ImportError, AttributeError, TypeError) as error:
        raise Misconfigured(because("model_refused", what=" ".join(str(error).split())[:300])) from error
    return interpreter
