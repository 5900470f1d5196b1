"""Templates: messages stored under a name."""

from __future__ import annotations

from .. import _ids
from .._auth import BUSINESS
from .._call import Call, found
from .._entities import JsonObject, Template
from .._errors import conflict
from . import wire
from ._paging import page
from ._registry import registry


@registry.handles("createTemplate", BUSINESS)
def create_template(call: Call) -> JsonObject:
    """POST /templates."""
    _refuse_taken_name(call, call.body["name"])
    template = Template(id=_ids.object_id(), name=call.body["name"], message=call.body["message"])
    call.app.templates[template.id] = template
    return {"template": wire.template(template)}


@registry.handles("listTemplates", BUSINESS)
def list_templates(call: Call) -> JsonObject:
    """GET /templates."""
    return page(call, "templates", list(call.app.templates.values()), wire.template)


@registry.handles("getTemplate", BUSINESS)
def get_template(call: Call) -> JsonObject:
    """GET /templates/{templateId}."""
    return {"template": wire.template(_template(call))}


@registry.handles("updateTemplate", BUSINESS)
def update_template(call: Call) -> JsonObject:
    """PUT /templates/{templateId}."""
    template = _template(call)
    name = call.body.get("name", template.name)
    if name != template.name:
        _refuse_taken_name(call, name)
    template.name = name
    template.message = call.body.get("message", template.message)
    return {"template": wire.template(template)}


@registry.handles("deleteTemplate", BUSINESS)
def delete_template(call: Call) -> JsonObject:
    """DELETE /templates/{templateId}."""
    del call.app.templates[_template(call).id]
    return {}


def _template(call: Call) -> Template:
    return found(call.app.templates, call.params["templateId"], "Template")


def _refuse_taken_name(call: Call, name: str) -> None:
    if any(template.name == name for template in call.app.templates.values()):
        raise conflict(f"A template named {name!r} exists already")
