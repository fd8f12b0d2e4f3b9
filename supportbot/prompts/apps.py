from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromptsConfig(AppConfig):
    name = "supportbot.prompts"
    label = "prompts"
    verbose_name = _("The assistant")
    lead_rights = (
        "prompts.view_prompt",
        "prompts.add_prompt",
        "prompts.change_prompt",
        "prompts.delete_prompt",
        "prompts.publish_prompt",
    )
