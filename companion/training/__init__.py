"""How models learn: one plain loop on Accelerate, and what it needs; it knows no model."""

from companion.training.checkpoints import CheckpointError
from companion.training.config import FitConfig
from companion.training.divergence import TrainingDiverged
from companion.training.evaluate import Evaluation, evaluate
from companion.training.fit import fit
from companion.training.history import History, Step
from companion.training.losses import CrossEntropy
from companion.training.optimizers import decay_groups, make_optimizer
from companion.training.schedules import constant_schedule, cosine_schedule
from companion.training.weights import load_model, save_model

__all__ = [
    "CheckpointError",
    "CrossEntropy",
    "Evaluation",
    "FitConfig",
    "History",
    "Step",
    "TrainingDiverged",
    "constant_schedule",
    "cosine_schedule",
    "decay_groups",
    "evaluate",
    "fit",
    "load_model",
    "make_optimizer",
    "save_model",
]
