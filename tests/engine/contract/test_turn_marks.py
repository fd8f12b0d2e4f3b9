"""Marks between the turns of a conversation: the model's own turn goes on, and anybody else's is made up.

The forms are those of the templates of Alpaca, Vicuna, Phi, OLMo, Llama, Granite, Kimi, DeepSeek, Command R, EXAONE,
Gemma, GLM, Ling, GigaChat, Seed, Apertus, MiniMax, Solar, Functionary, Nemotron, Step and Hunyuan.
"""

import pytest

from .spoken import hear_answer

# A mark before the first word ends nothing.
BEFORE_THE_FIRST_WORD = {
    "<|im_start|>assistant<|im_sep|>Hello!<|im_end|>": "Hello!",
    "<|im_sep|>Hello!": "Hello!",
    "<|endoftext|><|assistant|>\nHello!": "Hello!",
    "<|endoftext|>Hello!": "Hello!",
    "<｜end▁of▁sentence｜>Hello!": "Hello!",
    "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHello!": "Hello!",
    "<|im_end|>\n<|im_start|>assistant\nHello!": "Hello!",
    "<think>Hm.</think><|im_end|>\n<|im_start|>assistant\nHello!": "Hello!",
    "Hm.</think><|im_end|>\n<|im_start|>assistant\nHello!": "Hello!",
    "[gMASK]<sop><|assistant|>\nHello!<|user|>": "Hello!",
    # The customer's message is made up there too.
    "<|im_end|>\n<|im_start|>user\nThanks": "",
    "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nThanks": "",
    "<|observation|>shipped": "",
    "<｜tool▁outputs▁begin｜>shipped": "",
}
SPEAKERS = {
    "<|header_start|>assistant<|header_end|>\n\nHello!<|eot|>": "Hello!",
    "<|start_of_role|>assistant<|end_of_role|>Hello!<|end_of_text|>": "Hello!",
    "<|im_assistant|>assistant<|im_middle|>Hello!": "Hello!",
    "[|assistant|]Hello![|endofturn|]\n[|user|]Thanks": "Hello!",
    "<|turn>model\nHello!<turn|>\n<|turn>user\nThanks": "Hello!",
    "<role>ASSISTANT</role>Hello!<|role_end|><role>HUMAN</role>Thanks": "Hello!",
    "<seed:bos>assistant\nHello!<seed:eos><seed:bos>user\nThanks": "Hello!",
    "<|assistant_start|>Hello!<|assistant_end|><|user_start|>Thanks": "Hello!",
    "]~b]ai\nHello![e~[\n]~b]user\nThanks": "Hello!",
    "<|begin|>assistant<|content|>Hello!<|end|>": "Hello!",
    "<|from|>assistant\n<|recipient|>all\n<|content|>Hello!<|stop|>": "Hello!",
    "<|BOT|>assistant\nHello!<|EOT|>": "Hello!",
    "<｜hy_Assistant｜>Hello!<｜hy_eos｜><｜hy_User｜>Thanks": "Hello!",
    "Hello!<|im_user|>user<|im_middle|>Thanks": "Hello!",
    "Hello!<|im_system|>tool<|im_middle|>shipped": "Hello!",
    "Hello!<｜User｜>Thanks": "Hello!",
    "Hello!<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Thanks": "Hello!",
    "Hello!<|turn>user\nThanks": "Hello!",
    "Hello!<|message_sep|>user<|role_sep|>Thanks": "Hello!",
    "Hello!<SPECIAL_11>User\nThanks": "Hello!",
    "Hello!<|new_template|>user<|its_end|>Thanks": "Hello!",
}
HEADINGS = {
    "Hello!\n\n### Human: Thanks\n### Assistant: Bye": "Hello!\n\n",
    "Hello!\n### Human\nThanks": "Hello!\n",
    "Hello! [INST] Thanks [/INST]": "Hello! ",
    "Hello!<<SYS>>Be kind.<</SYS>>": "Hello!",
    "Hello![AVAILABLE_TOOLS][]": "Hello!",
    "model\nHello!": "Hello!",
    "Hello!\n### User:\nThanks": "Hello!\n",
    "Hello!\n### User\nThanks": "Hello!\n",
    "Hello!\n### **User:** Thanks": "Hello!\n",
    "Hello!\n##USER MESSAGE: Thanks": "Hello!\n",
    "Hello!\r\n### Instruction:\r\nWrite more": "Hello!\r\n",
    "Hello!\n### Instruction\nWrite more": "Hello!\n",
    "Hello!\n### Instruction:\nWrite.\n\n### Input:\nTea\n\n### Response:\n# Tea\nIt is hot.": "Hello!\n",
    "Hello!\n### Human": "Hello!\n",
    "## Greeting\nHello!\n### Human\nThanks": "## Greeting\nHello!\n",
    "### Assistant: Hello!": "Hello!",
    "### Assistant:\n\nHello!\n\n### User: Thanks": "Hello!\n\n",
    "\n### Response\nHello!": "Hello!",
    "### AI: Hello!": "Hello!",
    "Hello!\n\n### Response:\nBye": "Hello!\n\nBye",
    "<think>Hm.</think>### Response:\nHello!": "Hello!",
    # The prompt is repeated.
    "### Instruction:\nSay hello.\n\n### Response:\nHello!": "Hello!",
    "### Human: Hi\n### Assistant: Hello!": "Hello!",
    "### User: Thanks": "",
    "### Instruction:\n- Be kind.\n## Rules\nNone.\n\n### Response:\nHello!": "Hello!",
}
HEADINGS_OF_SHOPS = [
    "### Response times\nTwo days.",
    "### Response time: two days",
    "### Response (usual)\nTwo days.",
    "### Instructions:\n1. Unplug it.",
    "### Instruction manual\nSee below.",
    "### User guide\nSee below.",
    "### Users\nAll of them.",
    "### Human resources\nAsk Anna.",
    "### Assistant manager: Tom",
    "### AI features\nNone.",
    "### System\nWindows 11",
    "### System: Windows 11",
    "### Customer:\nAnna\n### Items\nTea",
    "Your order:\n\n### Customer:\nAnna\n\n### Items:\n- Lamp",
    "Noted.\n\n### Customer:\nAnna",
    "**Here:**\n\n# System:\nWindows 11",
    "To reset it:\n\n### Instruction\nHold it.",
    "Your message:\n\n### User message:\nIt is late.",
    "Our model：\n\n## AI\nIt answers.",
    "Gladly!\n\n## AI\nIt answers.",
    "Gladly!\n\n## Instruction\nHold it.\n\n## Warning",
    "Gladly!\n\n### Instruction:\n1. Hold it.",
    "Here are the roles.\n\n### User:\nreads\n\n### Admin:\nwrites\n\n### Bot:\nanswers",
    "### Instruction:\nHold it.\n\n### Warning:\nIt is hot.",
    "### Instruction:\n1. Hold it.",
    "## Roles\n### User:\nreads",
    "Who may what:\n## Roles\n### User\nreads",
    "Your order #User: 5",
    "A prompt has ### Human: in it.",
    "Write `### Human:` there.",
    "```\n### Human: Hi\n### Response:\n```\nThat is it.",
    "# Hello\n#user\n####### Human: no heading",
    "##",
]
AS_WORDS = [
    "models\nand sizes",
    "Some write <|im_user|>user<|im_middle|> before it.",
    "Kimi's turns open with <|im_user|> and <|im_assistant|> as marks.",
    "Each begins with <|im_start|>user and ends with <|im_end|>, always.",
    "Our <|user|> mark, and a <b|> pipe; see [|x|] too.",
    "```\n<|im_user|>user<|im_middle|>Thanks\n```",
    "The roles: user, assistant\nassistant\nuser",
]
SPOKEN = {
    **BEFORE_THE_FIRST_WORD,
    **SPEAKERS,
    **HEADINGS,
    **{said: said for said in [*AS_WORDS, *HEADINGS_OF_SHOPS]},
}
SPOKEN["<|begin_of_box|>user<|end_of_box|> is the role."] = "user is the role."
SPOKEN["<|assistant|>\nUser\nguides are here."] = "User\nguides are here."


@pytest.mark.parametrize(("said", "heard"), SPOKEN.items(), ids=range(len(SPOKEN)))
def test_the_models_own_turn_is_the_answer_and_no_other(said: str, heard: str):
    for size in (1, 4, 7, len(said)):
        assert hear_answer(said, size) == heard, size
