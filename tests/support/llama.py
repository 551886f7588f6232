#!/usr/bin/env python3
"""llama.py PORT KEY DIR: a real llama.cpp server with a model of our own making, which always says SENTENCE.

Its one layer is all zeros, so an embedding passes unchanged: each token's points to one column of the output, where the next
token of the sentence stands out. Started by tests/llms.rs; serves on 127.0.0.1 until it is killed.
"""

import os
import sys
import time

import gguf
import numpy
import xllamacpp

SENTENCE = "Hello from a very small model , which says nothing else ."
WIDTH, HEADS, INNER, CONTEXT = 64, 2, 64, 65536
ROLES = ["<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def vocabulary():
    """Tokens with their types; and the way through them, from the role that answers to the end."""
    kinds = gguf.TokenType
    tokens = [("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)]
    end = 2
    # Any prompt can be read, byte by byte.
    tokens += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    tokens += [(role, kinds.CONTROL) for role in ROLES]
    way = [len(tokens) - 1]
    for place, word in enumerate(SENTENCE.split()):
        way.append(len(tokens))
        # U+2581 stands for the space before a word.
        tokens.append((word if place == 0 or word in ".," else "\u2581" + word, kinds.NORMAL))
    while len(tokens) % 32:
        tokens.append((f"<pad{len(tokens)}>", kinds.UNUSED))
    return tokens, way + [end]


def write_model(path):
    tokens, way = vocabulary()
    embedding = numpy.zeros((len(tokens), WIDTH), numpy.float32)
    output = numpy.zeros((len(tokens), WIDTH), numpy.float32)
    embedding[:, 0] = 1.0
    output[way[1], 0] = 8.0  # what is not on the way leads to its beginning
    for column, (token, following) in enumerate(zip(way, way[1:]), 1):
        embedding[token] = 0
        embedding[token, column] = 1.0
        output[following, column] = 8.0

    model = gguf.GGUFWriter(path, "llama")
    model.add_name("tiny")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(1)
    model.add_feed_forward_length(INNER)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_vocab_size(len(tokens))
    model.add_file_type(0)
    model.add_tokenizer_model("llama")
    model.add_tokenizer_pre("default")
    model.add_token_list([text for text, _ in tokens])
    model.add_token_scores([0.0] * len(tokens))
    model.add_token_types([int(kind) for _, kind in tokens])
    model.add_bos_token_id(1)
    model.add_eos_token_id(2)
    model.add_unk_token_id(0)
    model.add_add_bos_token(True)
    model.add_add_space_prefix(False)
    model.add_chat_template(TEMPLATE)

    model.add_tensor("token_embd.weight", embedding)
    model.add_tensor("output.weight", output)
    for norm in ["output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"]:
        model.add_tensor(f"{norm}.weight", numpy.ones(WIDTH, numpy.float32))
    square, up, down = (WIDTH, WIDTH), (INNER, WIDTH), (WIDTH, INNER)
    shapes = {"attn_q": square, "attn_k": square, "attn_v": square, "attn_output": square}
    shapes |= {"ffn_gate": up, "ffn_up": up, "ffn_down": down}
    for name, shape in shapes.items():
        model.add_tensor(f"blk.0.{name}.weight", numpy.zeros(shape, numpy.float32))
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def main():
    port, key, directory = sys.argv[1:]
    path = os.path.join(directory, "tiny.gguf")
    write_model(path)
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {"tiny"}
    params.hostnames = ["127.0.0.1"]
    params.port = int(port)
    params.api_keys = [key]
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.offline = True
    params.ui = False
    params.use_jinja = True
    server = xllamacpp.Server(params)
    print("listening", server.listening_address, flush=True)
    while True:
        time.sleep(3600)


main()
