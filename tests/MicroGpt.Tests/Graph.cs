namespace MicroGpt.Tests;

/// <summary>
/// The oracle: the model as a graph of numbers, each handing its gradient to the numbers it came from. Slow, and plainly
/// what the reference does: a list in depth-first order, walked backwards.
/// </summary>
sealed class Graph(Parameters parameters)
{
    sealed class Value(double data, params (Value From, double Local)[] sources)
    {
        public readonly double Data = data;
        public readonly (Value From, double Local)[] Sources = sources;
        public double Grad;
        public bool Seen;

        public static implicit operator Value(double data) => new(data);
        public static Value operator +(Value a, Value b) => new(a.Data + b.Data, (a, 1), (b, 1));
        public static Value operator *(Value a, Value b) => new(a.Data * b.Data, (a, b.Data), (b, a.Data));
        public static Value operator -(Value a) => a * -1;
        public static Value operator -(Value a, Value b) => a + -b;
        public static Value operator /(Value a, Value b) => a * b.Pow(-1);
        public Value Pow(double n) => new(Libm.Pow(Data, n), (this, n * Libm.Pow(Data, n - 1)));
        public Value Log() => new(Libm.Log(Data), (this, 1 / Data));
        public Value Exp() => new(Libm.Exp(Data), (this, Libm.Exp(Data)));
        public Value Relu() => new(Data > 0 ? Data : 0, (this, Data > 0 ? 1 : 0));

        public void Backward()
        {
            List<Value> order = [];
            Stack<(Value Value, int Next)> path = new([(this, 0)]);
            Seen = true;
            while (path.TryPop(out var top))
            {
                if (top.Next == top.Value.Sources.Length)
                {
                    order.Add(top.Value);
                    continue;
                }
                path.Push((top.Value, top.Next + 1));
                var from = top.Value.Sources[top.Next].From;
                if (!from.Seen)
                {
                    from.Seen = true;
                    path.Push((from, 0));
                }
            }
            Grad = 1;
            for (var i = order.Count - 1; i >= 0; i--)
            {
                foreach (var (from, local) in order[i].Sources)
                {
                    from.Grad += local * order[i].Grad;
                }
            }
        }
    }

    readonly GptConfig config = parameters.Config;
    readonly Value[] leaves = [.. parameters.Values.Select(value => new Value(value))];
    readonly List<(Value[] Key, Value[] Value)>[] cache = [.. Enumerable.Range(0, parameters.Config.NLayer)
        .Select(_ => new List<(Value[], Value[])>())];

    /// <summary>The loss of a document and its gradient.</summary>
    public static (double Loss, double[] Gradient) Backward(Parameters parameters, ReadOnlySpan<int> tokens)
    {
        var graph = new Graph(parameters);
        var n = Math.Min(parameters.Config.BlockSize, tokens.Length - 1);
        Value sum = 0;
        for (var i = 0; i < n; i++)
        {
            sum += -Softmax(graph.Logits(tokens[i], i))[tokens[i + 1]].Log();
        }
        var loss = 1.0 / n * sum;
        loss.Backward();
        return (loss.Data, [.. graph.leaves.Select(leaf => leaf.Grad)]);
    }

    /// <summary>The logits after each of the tokens.</summary>
    public static double[][] Logits(Parameters parameters, int[] tokens)
    {
        var graph = new Graph(parameters);
        return [.. tokens.Select((token, i) => graph.Logits(token, i).Select(logit => logit.Data).ToArray())];
    }

    Value[] Logits(int token, int position)
    {
        var x = RmsNorm(Add(Matrix("wte")[token], Matrix("wpe")[position]));
        for (var layer = 0; layer < config.NLayer; layer++)
        {
            var residual = x;
            x = RmsNorm(x);
            var query = Linear(x, Matrix($"layer{layer}.attn_wq"));
            cache[layer].Add((Linear(x, Matrix($"layer{layer}.attn_wk")), Linear(x, Matrix($"layer{layer}.attn_wv"))));
            List<Value> heads = [];
            for (var h = 0; h < config.NEmbd; h += config.HeadDim)
            {
                var head = h..(h + config.HeadDim);
                var weights = Softmax([.. cache[layer]
                    .Select(past => Dot(query[head], past.Key[head]) / Libm.Pow(config.HeadDim, 0.5))]);
                heads.AddRange(Enumerable.Range(h, config.HeadDim)
                    .Select(j => Dot(weights, [.. cache[layer].Select(past => past.Value[j])])));
            }
            x = Add(Linear([.. heads], Matrix($"layer{layer}.attn_wo")), residual);
            residual = x;
            x = [.. Linear(RmsNorm(x), Matrix($"layer{layer}.mlp_fc1")).Select(value => value.Relu())];
            x = Add(Linear(x, Matrix($"layer{layer}.mlp_fc2")), residual);
        }
        return Linear(x, Matrix("lm_head"));
    }

    Value[][] Matrix(string name)
    {
        var tensor = parameters.Tensors.Single(tensor => tensor.Name == name);
        return [.. leaves.Skip(tensor.Offset).Take(tensor.Length).Chunk(tensor.Columns)];
    }

    static Value Sum(IEnumerable<Value> terms) => terms.Aggregate((Value)0, (sum, term) => sum + term);

    static Value Dot(Value[] a, Value[] b) => Sum(a.Zip(b, (x, y) => x * y));

    static Value[] Add(Value[] a, Value[] b) => [.. a.Zip(b, (x, y) => x + y)];

    static Value[] Linear(Value[] x, Value[][] w) => [.. w.Select(row => Dot(row, x))];

    static Value[] RmsNorm(Value[] x)
    {
        var scale = (Dot(x, x) / x.Length + 1e-5).Pow(-0.5);
        return [.. x.Select(value => value * scale)];
    }

    static Value[] Softmax(Value[] logits)
    {
        var max = logits.Max(logit => logit.Data);
        Value[] exps = [.. logits.Select(logit => (logit - max).Exp())];
        var total = Sum(exps);
        return [.. exps.Select(e => e / total)];
    }
}
