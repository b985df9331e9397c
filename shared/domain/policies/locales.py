"""The display languages a Cloud PC may be built with (Graph: windowsSetting.locale)."""

from __future__ import annotations

LOCALES: tuple[str, ...] = (
    "ar-SA", "bg-BG", "cs-CZ", "da-DK", "de-DE", "el-GR", "en-AU", "en-GB", "en-US", "es-ES", "es-MX", "et-EE",
    "fi-FI", "fr-CA", "fr-FR", "he-IL", "hr-HR", "hu-HU", "it-IT", "ja-JP", "ko-KR", "lt-LT", "lv-LV", "nb-NO",
    "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sl-SI", "sr-Latn-RS", "sv-SE", "th-TH",
    "tr-TR", "uk-UA", "zh-CN", "zh-TW",
)  # fmt: skip
