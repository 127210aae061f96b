from companion.experiments.command import (
    main as main,
)
