"""The switchboard of an app: which integration controls a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._entities import Client, Conversation, Integration, Switchboard, SwitchboardIntegration
    from .state import App


def assign_control(app: App, conversation: Conversation, client: Client | None) -> None:
    """Assign an uncontrolled conversation to the channel's responder, else to the switchboard's default."""
    if app.switchboard is not None and app.switchboard.enabled and conversation.active is None:
        channel = app.integrations.get(client.integration_id or "") if client else None
        conversation.active = (channel and channel.default_responder) or app.switchboard.default


def remove_integration(app: App, board: Switchboard, removed: SwitchboardIntegration) -> None:
    """Remove a switchboard integration; the user's next message assigns its conversations again."""
    del board.integrations[removed.id]
    for conversation in app.conversations.values():
        conversation.active = None if conversation.active is removed else conversation.active
        conversation.pending = None if conversation.pending is removed else conversation.pending
    for integration in app.integrations.values():
        if integration.default_responder is removed:
            integration.default_responder = None


def withdraw(app: App, integration: Integration) -> None:
    """Remove an integration from the switchboard, which is disabled if that was its default."""
    board = app.switchboard
    if board is None:
        return
    for own in [each for each in board.integrations.values() if each.integration is integration]:
        if board.default is own:
            board.default, board.enabled = None, False
        for other in board.integrations.values():
            other.next = None if other.next is own else other.next
        remove_integration(app, board, own)


def delete(app: App) -> None:
    """Delete the switchboard; nothing controls a conversation any more."""
    app.switchboard = None
    for conversation in app.conversations.values():
        conversation.active = conversation.pending = None
    for integration in app.integrations.values():
        integration.default_responder = None
