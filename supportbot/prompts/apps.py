from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "supportbot.prompts"
    label = "prompts"
    verbose_name = "The assistant"
