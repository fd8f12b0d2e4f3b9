"""The marks around a tool call that a model writes as text, and what shows that a call follows one.

They are those of the chat templates that `output_text.marks` names. All are compared in small letters.
"""

import html
import re

# DeepSeek's, in the characters that it may come in.
DSML = ("｜dsml｜", "|dsml|", " | dsml | ", "｜ dsml ｜ ", "｜｜dsml｜｜", "||dsml||")
CLAUDES = "antml"  # the namespace of Claude's marks
# What a tool is to answer: behind a call the model has made it up.
MADE_UP_RESULTS = {
    **{f"<{name}>": f"</{name}>" for name in ("tool_response", "tool_result", "tool_results")},
    **{f"<{name}>": f"</{name}>" for name in ("function_response", "function_result", "function_results")},
    "[tool_result]": "[end_tool_result]",
}
# A call as text, with the mark at its end; without one it goes to the end of the answer.
CALLS = {
    "<tool_call>": "</tool_call>",
    "<tool_calls>": "</tool_calls>",
    "<|tool_call|>": "<|/tool_call|>",
    "<|tool_call>": "<tool_call|>",
    "<function_call>": "</function_call>",
    "<functioncall>": "</functioncall>",
    "<function_calls>": "</function_calls>",
    "<start_function_call>": "<end_function_call>",
    "<function=": "</function>",
    "<function name=": "</function>",
    "<invoke name=": "</invoke>",
    **{f"<{dsml}{name}": f"</{dsml}{name}" for dsml in DSML for name in ("function_calls>", "tool_calls>")},
    **{f"<{dsml}invoke name=": f"</{dsml}invoke>" for dsml in DSML},
    f"<{CLAUDES}:function_calls>": f"</{CLAUDES}:function_calls>",
    f"<{CLAUDES}:invoke name=": f"</{CLAUDES}:invoke>",
    "<tool_call name=": "</tool_call>",
    "<minimax:tool_call>": "</minimax:tool_call>",
    "<seed:tool_call>": "</seed:tool_call>",
    "<tool_code>": "</tool_code>",
    **MADE_UP_RESULTS,
    "<tool_use>": "</tool_use>",
    "<execute_tool>": "</execute_tool>",
    "<toolcall>": "</toolcall>",
    "<longcat_tool_call>": "</longcat_tool_call>",
    "<|tools_prefix|>": "<|tools_suffix|>",
    "<｜tool_calls_begin｜>": "<｜tool_calls_end｜>",
    "<｜tool_call_begin｜>": "<｜tool_call_end｜>",
    "<|tool_calls_section_begin|>": "<|tool_calls_section_end|>",
    "<|tool_call_begin|>": "<|tool_call_end|>",
    "<｜tool▁calls▁begin｜>": "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>": "<｜tool▁call▁end｜>",
    "<|tool_call_start|>": "<|tool_call_end|>",
    "<|tool_call:begin|>": "<|tool_call:end|>",
    "<|open|>tools<|sep|>": "<|close|>tools<|sep|>",
    "<|open|>call tool=": "<|close|>call<|sep|>",
    "<ctrl42>call": "<ctrl43>",
    "<|action_start|>": "<|action_end|>",
    "<|start_action|>": "<|end_action|>",
    "<|channel|>commentary to=": "<|call|>",
    "<|channel|>analysis to=": "<|call|>",
    "<|start|>assistant to=": "<|call|>",
    "<|start|>assistant<|channel|>analysis to=": "<|call|>",
    "<|start|>assistant<|channel|>commentary to=": "<|call|>",
    "<|python_tag|>": "",
    "[tool_calls]": "",
    "[tool_call]": "[/tool_call]",
    "<use_tool>": "</use_tool>",
    "<use_mcp_tool>": "</use_mcp_tool>",
    "[tool_request]": "[end_tool_request]",
    "✿function✿:": "✿return✿",
    "<function(": "</function>",
    "<|recipient|>": "<|stop|>",
    "<function_call name=": "</function_call>",
    "<xai:function_call name=": "</xai:function_call>",
}
# As they are written for a page, by servers that escape what a model says.
ESCAPED_CALLS = {html.escape(mark): mark for mark in CALLS if mark[0] == "<"}
# What follows the opening mark of a call. With anything else after it the text only talks of the mark, as with a word
# and then a bracket or a quotation mark.
CALL_BODY = re.compile(
    r"(?![ \t]+[\w.-]+[ \t]+[(\[<\"'])"
    r"\s*(?:[\w.-]+\)\s*\{|[{\[<\"']|&(?:lt|quot);|```|[\w.:\-]+&(?:lt|gt);"
    r"|[\w.:\-]+(?:\s+(?:json|code))?\s*[\[{(<>\"'｜|]|\w+\n)"
)
CALL_BODY_BEGUN = re.compile(
    r"\s*(?:`{0,2}|[\w.:\-]*&\w{0,4})|\s*[\w.:\-]*\)?\s*(?:j|js|jso|json|c|co|cod|code)?\s*"
)
