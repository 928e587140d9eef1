"""The model in PyTorch, float32, on full sequences of random tokens, to be timed beside the batch engine.

python3 bench/peers/pytorch.py N_EMBD N_LAYER N_HEAD BLOCK_SIZE BATCH_SIZE VOCAB_SIZE THREADS STEPS
prints microseconds per document (loss, gradient and Adam), the median of the steps.
"""
import sys
import time

import torch
from torch.nn import functional as F

n_embd, n_layer, n_head, block_size, batch_size, vocab_size, threads, steps = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(42)


def matrix(n_out, n_in):
    return (torch.randn(n_out, n_in) * 0.08).requires_grad_()


def rmsnorm(x):
    return x * (x.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt()


wte, wpe, lm_head = matrix(vocab_size, n_embd), matrix(block_size, n_embd), matrix(vocab_size, n_embd)
layers = [
    {
        "attn_wqkv": matrix(3 * n_embd, n_embd),
        "attn_wo": matrix(n_embd, n_embd),
        "mlp_fc1": matrix(4 * n_embd, n_embd),
        "mlp_fc2": matrix(n_embd, 4 * n_embd),
    }
    for _ in range(n_layer)
]
params = [wte, wpe, lm_head] + [w for layer in layers for w in layer.values()]
adam = torch.optim.Adam(params, lr=1e-3, betas=(0.85, 0.99), eps=1e-8)
mask = torch.full((block_size, block_size), float("-inf")).triu(1)
batches = torch.randint(vocab_size, (64, batch_size, block_size + 1))
head_dim = n_embd // n_head


def loss_of(tokens):
    x = rmsnorm(wte[tokens[:, :-1]] + wpe)
    for layer in layers:
        qkv = F.linear(rmsnorm(x), layer["attn_wqkv"])
        q, k, v = qkv.view(batch_size, block_size, 3, n_head, head_dim).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) * head_dim**-0.5 + mask).softmax(-1)
        heads = (weights @ v).transpose(1, 2).reshape(batch_size, block_size, n_embd)
        x = x + F.linear(heads, layer["attn_wo"])
        x = x + F.linear(F.linear(rmsnorm(x), layer["mlp_fc1"]).relu(), layer["mlp_fc2"])
    return F.cross_entropy(F.linear(x, lm_head).view(-1, vocab_size), tokens[:, 1:].reshape(-1))


times = []
for step in range(steps):
    start = time.perf_counter()
    loss = loss_of(batches[step % len(batches)])
    adam.zero_grad(set_to_none=True)
    loss.backward()
    adam.step()
    times.append(time.perf_counter() - start)
median = sorted(times)[len(times) // 2]
print(f"{median * 1e6 / batch_size:.2f} us per document, PyTorch {torch.__version__}, last loss {loss.item():.4f}")
