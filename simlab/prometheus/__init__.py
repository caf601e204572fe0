"""Rules as Prometheus has them: what it scrapes, what it computes, files for it, and the proof.

`promql` is the language in which rules are exported, `model` computes it over arrays as Prometheus
does, `scrape` says what Prometheus sees of a dataset, `meaning` puts rules into PromQL, and `export`
writes files whose proof is Prometheus' own `promtool`.
"""
