from companion.training.checkpoints import (
    CheckpointError as CheckpointError,
)
from companion.training.config import (
    FitConfig as FitConfig,
)
from companion.training.divergence import (
    TrainingDiverged as TrainingDiverged,
)
from companion.training.evaluate import (
    Evaluation as Evaluation,
    evaluate as evaluate,
)
from companion.training.fit import (
    fit as fit,
)
from companion.training.history import (
    History as History,
    Step as Step,
)
from companion.training.losses import (
    CrossEntropy as CrossEntropy,
)
from companion.training.optimizers import (
    decay_groups as decay_groups,
    make_optimizer as make_optimizer,
)
from companion.training.schedules import (
    constant_schedule as constant_schedule,
    cosine_schedule as cosine_schedule,
)
from companion.training.weights import (
    load_model as load_model,
    save_model as save_model,
)
