"""What is wrong or unsafe with the settings, told before anything is served."""

from importlib.util import find_spec

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register  # noqa: A004

from supportbot.environment import HTTP_SCHEMES, is_address

XAI_REASONING_EFFORTS = ("", "none", "low", "medium", "high", "xhigh")  # of xai-sdk
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@register(Tags.security)
def check_environment(app_configs, **_kwargs):
    env = settings.ENVIRONMENT
    found = [
        Error(problem, hint="Mend it in the environment or in .env.", id="supportbot.E001")
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]
    if not (env.secret_key or settings.DEBUG):  # Django raises for an empty settings.SECRET_KEY
        hint = "Set SECRET_KEY to 50 random characters; it is made by itself only with DEBUG=1."
        found.append(Error("SECRET_KEY is not set.", hint=hint, id="supportbot.E002"))
    if env.llm_backend not in ("", "demo") and not (env.xai_api_key or env.llm_base_url):
        hint = "Set XAI_API_KEY, or LLM_BASE_URL and LLM_API_KEY for another server."
        problem = f"LLM_BACKEND={env.llm_backend} has no model to talk to."
        found.append(Error(problem, hint=hint, id="supportbot.E003"))
    if env.llm_backend == "xai":
        if find_spec("xai_sdk") is None:
            hint = "Install it: pip install -r requirements-xai.txt"
            found.append(Error("LLM_BACKEND=xai needs the package xai-sdk.", hint=hint, id="supportbot.E005"))
        if env.llm_reasoning_effort.lower() not in XAI_REASONING_EFFORTS:
            hint = f"LLM_BACKEND=xai knows {', '.join(XAI_REASONING_EFFORTS[1:])}."
            problem = f"LLM_REASONING_EFFORT={env.llm_reasoning_effort} is not known."
            found.append(Error(problem, hint=hint, id="supportbot.E006"))
    elif env.llm_base_url and not is_address(env.llm_base_url, HTTP_SCHEMES):
        hint = "It looks like https://llm.example.com/v1"
        found.append(Error("LLM_BASE_URL is not an http address.", hint=hint, id="supportbot.E004"))
    for entry in env.llm_fallback:
        model, at, address = entry.partition("@")
        if not model or (at and not is_address(address, HTTP_SCHEMES)):
            hint = (
                "A model's name such as grok-4.5, or one on another server: qwen3@http://127.0.0.1:11434/v1"
            )
            shown = f"{model}@…" if "@" in address else entry  # an address with an @ may hold a password
            problem = f"LLM_FALLBACK names no model that can be asked: {shown}"
            found.append(Error(problem, hint=hint, id="supportbot.E007"))
    if settings.DEBUG and env.host not in LOOPBACK_HOSTS:
        hint = "Set DEBUG=0, SECRET_KEY and ALLOWED_HOSTS before strangers can reach this address."
        found.append(
            Warning(f"DEBUG is on and the site is served on {env.host}.", hint=hint, id="supportbot.W001")
        )
    return found
