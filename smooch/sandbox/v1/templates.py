"""Templates: messages that are stored under a name."""

from __future__ import annotations

from .. import _ids
from .._auth import BUSINESS
from .._call import Call, get_or_404
from .._entities import JsonObject, Template
from .._errors import conflict
from . import serialize
from ._paging import build_page
from ._registry import registry


@registry.handles("createTemplate", BUSINESS)
def create_template(call: Call) -> JsonObject:
    """POST /templates."""
    _require_free_name(call, call.body["name"])
    template = Template(id=_ids.object_id(), name=call.body["name"], message=call.body["message"])
    call.app.templates[template.id] = template
    return {"template": serialize.template(template)}


@registry.handles("listTemplates", BUSINESS)
def list_templates(call: Call) -> JsonObject:
    """GET /templates."""
    return build_page(call, "templates", list(call.app.templates.values()), serialize.template)


@registry.handles("getTemplate", BUSINESS)
def get_template(call: Call) -> JsonObject:
    """GET /templates/{templateId}."""
    return {"template": serialize.template(_find_template(call))}


@registry.handles("updateTemplate", BUSINESS)
def update_template(call: Call) -> JsonObject:
    """PUT /templates/{templateId}."""
    template = _find_template(call)
    name = call.body.get("name", template.name)
    if name != template.name:
        _require_free_name(call, name)
    template.name = name
    template.message = call.body.get("message", template.message)
    return {"template": serialize.template(template)}


@registry.handles("deleteTemplate", BUSINESS)
def delete_template(call: Call) -> None:
    """DELETE /templates/{templateId}."""
    del call.app.templates[_find_template(call).id]


def _find_template(call: Call) -> Template:
    return get_or_404(call.app.templates, call.params["templateId"], "Template")


def _require_free_name(call: Call, name: str) -> None:
    if any(template.name == name for template in call.app.templates.values()):
        raise conflict(f"A template named {name!r} exists already")
