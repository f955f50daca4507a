"""Template filter for recorded answers on admin pages."""

from __future__ import annotations

from django import template

from progress.gradebook import say_answer

register = template.Library()
register.filter("say_answer", say_answer)
