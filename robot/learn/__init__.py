"""How the embedded GPT is made: corpus, tokenizer, training, evaluation, deployment. No robot needs it to run."""
