// Draws from each exported module what the requests ask for. Each module also exports what it would keep to itself.
export async function answer(requests) {
  const results = {};
  for (const { name, file, draws, tokens } of requests) {
    const module = await import(`./${file}`);
    const answers = draws.map(draw => {
      try {
        return module.generate({ ...draw, seed: BigInt(draw.seed) });
      } catch (error) {
        return error.message;
      }
    });
    const caches = module.layers.map(() => ({ keys: [], values: [] })), logits = [];
    tokens.forEach((token, position) => {
      const scores = module.forward(token, position, caches);
      logits.push(...bits(scores), ...bits(module.softmax(scores)));
    });
    results[name] = { answers, logits };
  }
  return JSON.stringify(results);
}

function bits(numbers) {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(numbers, number => {
    view.setFloat64(0, number);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  });
}
