from companion.experiments.conduct import (
    conduct as conduct,
)
from companion.experiments.experiment import (
    Check as Check,
    Experiment as Experiment,
    experiment_names as experiment_names,
    find_experiment as find_experiment,
)
from companion.experiments.report import (
    show_experiments as show_experiments,
)
from companion.experiments.study import (
    Study as Study,
)
