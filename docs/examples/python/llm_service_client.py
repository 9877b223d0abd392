"""A client for an analysis engine: one file, standard library only.

    from llm_service_client import LLMServiceClient

    client = LLMServiceClient("http://127.0.0.1:8080")
    answer = client.chat_completion(
        [{"role": "user", "content": "Is a P/E of 12 low for a utility?"}],
        task_type="financial_analysis",
    )
    print(answer["choices"][0]["message"]["content"])

Every failure raises LLMServiceError with the stable code of the gateway; a failure is never
returned as an answer.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterator


class LLMServiceError(Exception):
    """A failed call: `code` is stable, `retry_after` is in seconds where waiting helps."""

    def __init__(self, status: int, error: dict[str, Any]):
        super().__init__(error.get("message", "the gateway answered without a reason"))
        self.status = status
        self.code = error.get("code", "unknown")
        self.source = error.get("source")
        self.attempts = error.get("attempts", [])
        self.request_id = error.get("request_id")
        wait = error.get("retry_after_ms")
        self.retry_after = None if wait is None else wait / 1000


class LLMServiceClient:
    """Asks a running llm-server. `api_key` is a gateway key, not a provider's."""

    def __init__(self, base_url: str = "http://127.0.0.1:8080", api_key: str | None = None,
                 timeout: float = 300.0):
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    def chat_completion(self, messages: list[dict[str, Any]], model: str = "auto",
                        task_type: str | None = None, user_id: str | None = None,
                        **options: Any) -> dict[str, Any]:
        """One whole answer. `options` are OpenAI parameters such as temperature or max_tokens."""
        body = self._chat_body(messages, model, task_type, user_id, options)
        with self._open("/api/v1/chat/completions", body) as response:
            return json.load(response)

    def chat_completion_stream(self, messages: list[dict[str, Any]], model: str = "auto",
                               task_type: str | None = None, user_id: str | None = None,
                               **options: Any) -> Iterator[str]:
        """The text of the answer as it is written. Raises where the stream breaks off."""
        body = self._chat_body(messages, model, task_type, user_id, options)
        body["stream"] = True
        finished = False
        with self._open("/api/v1/chat/completions", body) as response:
            for line in response:
                data = line.decode("utf-8").strip().removeprefix("data: ")
                if not data.startswith("{"):
                    continue
                chunk = json.loads(data)
                if "error" in chunk:
                    raise LLMServiceError(200, chunk["error"])
                for choice in chunk.get("choices", []):
                    text = choice.get("delta", {}).get("content")
                    if text:
                        yield text
                    finished = finished or choice.get("finish_reason") is not None
        if not finished:
            raise LLMServiceError(200, {"code": "upstream_stream_interrupted",
                                        "message": "the stream ended before the answer did"})

    def models(self) -> list[dict[str, Any]]:
        """The models that can be asked, with provider, limits and prices."""
        with self._open("/api/v1/models") as response:
            return json.load(response)["data"]

    def usage_stats(self, days: int = 7, user_id: str | None = None,
                    model: str | None = None) -> dict[str, Any]:
        """Requests, tokens and cost: in total, by day, by model and by task."""
        query = {"days": days, "user_id": user_id, "model": model}
        given = {name: value for name, value in query.items() if value is not None}
        path = "/api/v1/usage/stats?" + urllib.parse.urlencode(given)
        with self._open(path) as response:
            return json.load(response)["data"]

    def is_healthy(self) -> bool:
        """Whether at least one model can be asked now."""
        try:
            with self._open("/readyz") as response:
                return response.status == 200
        except (LLMServiceError, OSError):
            return False

    @staticmethod
    def _chat_body(messages, model, task_type, user_id, options) -> dict[str, Any]:
        body: dict[str, Any] = {"model": model, "messages": messages, **options}
        if task_type:
            body["task_type"] = task_type
        if user_id:
            body["user_id"] = user_id
        return body

    def _open(self, path: str, body: dict[str, Any] | None = None):
        data = None if body is None else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(self.base_url + path, data=data, headers=self._headers)
        try:
            return urllib.request.urlopen(request, timeout=self.timeout)
        except urllib.error.HTTPError as failure:
            raw = failure.read()
            try:
                error = json.loads(raw)["error"]
            except (ValueError, KeyError, TypeError):
                error = {"message": f"the gateway answered {failure.code}"}
            raise LLMServiceError(failure.code, error) from None
