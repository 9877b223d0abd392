"""A provider for trading-agents programs: every agent asks through one gateway.

Each kind of agent gets the task type that suits it, so the gateway can choose the model, and the
end user or run is booked under one name:

    provider = LLMServiceProvider("http://127.0.0.1:8080", user_id="run-42")
    report = provider.ask("market_analyst", "Analyse AAPL on these daily closes: …")

Programs that build their agents on LangChain get a chat model instead:

    llm = provider.langchain_model("market_analyst")     # needs the package langchain-openai
"""

from __future__ import annotations

from typing import Any, Iterator

from llm_service_client import LLMServiceClient

#: Which kind of work each agent does.
TASK_TYPES = {
    "market_analyst": "stock_analysis",
    "fundamentals_analyst": "financial_analysis",
    "news_analyst": "market_research",
    "social_media_analyst": "market_research",
    "bull_researcher": "reasoning",
    "bear_researcher": "reasoning",
    "research_manager": "reasoning",
    "trader": "financial_analysis",
    "risk_manager": "reasoning",
}


class LLMServiceProvider:
    """Answers the questions of agents through the gateway."""

    def __init__(self, base_url: str = "http://127.0.0.1:8080", api_key: str | None = None,
                 model: str = "auto", user_id: str | None = None, timeout: float = 300.0):
        self.client = LLMServiceClient(base_url, api_key, timeout)
        self.api_key = api_key
        self.model = model
        self.user_id = user_id

    def ask(self, agent: str, prompt: str, system: str | None = None, **options: Any) -> str:
        """The answer to one prompt of an agent."""
        answer = self.client.chat_completion(
            self._messages(prompt, system), model=self.model, task_type=self._task(agent),
            user_id=self.user_id, **options)
        return answer["choices"][0]["message"]["content"] or ""

    def stream(self, agent: str, prompt: str, system: str | None = None,
               **options: Any) -> Iterator[str]:
        """The same, piece by piece."""
        return self.client.chat_completion_stream(
            self._messages(prompt, system), model=self.model, task_type=self._task(agent),
            user_id=self.user_id, **options)

    def cost(self, days: int = 1) -> dict[str, Any]:
        """What the calls of this user cost: requests, tokens and money."""
        return self.client.usage_stats(days=days, user_id=self.user_id)["total"]

    def langchain_model(self, agent: str, **options: Any):
        """A LangChain chat model that asks the gateway as this agent."""
        from langchain_openai import ChatOpenAI

        extra = {"task_type": self._task(agent)}
        if self.user_id:
            extra["user_id"] = self.user_id
        return ChatOpenAI(base_url=self.client.base_url + "/v1", model=self.model,
                          api_key=self.api_key or "not-needed-on-this-machine",
                          extra_body=extra, **options)

    @staticmethod
    def _task(agent: str) -> str:
        return TASK_TYPES.get(agent, "general")

    @staticmethod
    def _messages(prompt: str, system: str | None) -> list[dict[str, str]]:
        messages = [{"role": "user", "content": prompt}]
        if system:
            messages.insert(0, {"role": "system", "content": system})
        return messages
