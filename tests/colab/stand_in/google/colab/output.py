"""What Colab's front end would do; here nothing."""


def enable_custom_widget_manager() -> None:
    return None


def disable_custom_widget_manager() -> None:
    return None
