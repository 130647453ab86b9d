"""A measurement as one JSON document, and that document as text for people.

`document` makes it; everything else reads it, so that an old file can be shown and compared as well.
"""

from assistant.bench.report.compare import Change, compare, read_document
from assistant.bench.report.document import document
from assistant.bench.report.html import as_html
from assistant.bench.report.markdown import as_markdown

__all__ = ["Change", "as_html", "as_markdown", "compare", "document", "read_document"]
