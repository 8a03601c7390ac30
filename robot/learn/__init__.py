"""How the embedded GPT is made: corpus, tokenizer, training, evaluation, deployment. Nothing at the bedside needs it."""
