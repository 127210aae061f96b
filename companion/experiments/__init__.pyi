from companion.experiments.conduct import (
    conduct as conduct,
)
from companion.experiments.experiment import (
    Check as Check,
)
from companion.experiments.experiment import (
    Experiment as Experiment,
)
from companion.experiments.experiment import (
    experiment_names as experiment_names,
)
from companion.experiments.experiment import (
    find_experiment as find_experiment,
)
from companion.experiments.report import (
    show_experiments as show_experiments,
)
from companion.experiments.study import (
    Study as Study,
)
