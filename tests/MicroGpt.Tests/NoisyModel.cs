namespace MicroGpt.Tests;

/// <summary>
/// The float engine's formulas without its vectors, threads and layout: loss and gradient of some documents, and how far
/// float32 is likely to be off.
/// </summary>
sealed class NoisyModel
{
    readonly GptConfig config;
    readonly Parameters parameters;
    readonly Noisy[] gradient;

    NoisyModel(Parameters parameters)
    {
        (this.parameters, config) = (parameters, parameters.Config);
        gradient = new Noisy[config.ParameterCount];
    }

    /// <summary>The losses of the documents, and the gradient of their mean.</summary>
    /// <param name="parameters">Numbers that float32 has exactly.</param>
    /// <param name="documents">Tokens, each BOS, characters, BOS.</param>
    public static (Noisy[] Losses, Noisy[] Gradient) Backward(Parameters parameters, int[][] documents)
    {
        var model = new NoisyModel(parameters);
        var losses = Array.ConvertAll(documents, document => model.Backward(document, documents.Length));
        return (losses, model.gradient);
    }

    sealed class Norm(Noisy[][] x)
    {
        readonly Noisy[] scales = Array.ConvertAll(x, row =>
            (Noisy)1 / (Sum(row.Length, i => row[i], i => row[i]) / row.Length + 1e-5).Sqrt());

        public Noisy[][] Y => [.. x.Zip(scales, (row, scale) => Array.ConvertAll(row, value => value * scale))];

        public Noisy[][] Backward(Noisy[][] dy, Noisy[][]? past) => [.. Y.Select((y, p) =>
        {
            var mean = 0 - Sum(y.Length, j => y[j], j => dy[p][j]) / y.Length;
            return y.Select((value, j) => Noisy.Fma(
                scales[p], Noisy.Fma(value, mean, dy[p][j]), past == null ? 0 : past[p][j])).ToArray();
        })];
    }

    Noisy Backward(int[] tokens, int batch)
    {
        var n = Math.Min(config.BlockSize, tokens.Length - 1);
        var embedding = new Norm(Rows(n, p => Row(config.NEmbd, j => (Noisy)W("wte", tokens[p], j) + W("wpe", p, j))));
        var x = embedding.Y;
        var layers = new List<Func<Noisy[][], Noisy[][]>>(); // the gradient of each one's output to that of its input
        for (var l = 0; l < config.NLayer; l++)
        {
            (x, var backward) = Layer($"layer{l}", x, n);
            layers.Add(backward);
        }
        var logits = Linear("lm_head", x);
        var share = (Noisy)1 / ((Noisy)n * batch);
        Noisy loss = 0;
        var dLogits = Rows(n, p =>
        {
            var max = logits[p].Max(logit => logit.Value);
            var exps = Array.ConvertAll(logits[p], logit => (logit - max).Exp());
            var total = exps.Aggregate((Noisy)0, (sum, exp) => sum + exp);
            var inverse = (Noisy)1 / total;
            var target = logits[p][tokens[p + 1]];
            // -log p in float64, of what is float32: total, and a difference that is taken exactly.
            loss = new(loss.Value + Math.Log(total.Value) - (target.Value - max),
                loss.Variance + total.Variance / (total.Value * total.Value) + target.Variance);
            return exps.Select((exp, i) => i == tokens[p + 1] ? exp * inverse * share - share : exp * inverse * share)
                .ToArray();
        });
        var dx = LinearBackward("lm_head", x, dLogits);
        for (var l = config.NLayer - 1; l >= 0; l--)
        {
            dx = layers[l](dx);
        }
        dx = embedding.Backward(dx, null);
        for (var p = 0; p < n; p++)
        {
            for (var j = 0; j < config.NEmbd; j++)
            {
                G("wte", tokens[p], j) += dx[p][j];
                G("wpe", p, j) += dx[p][j];
            }
        }
        return new(loss.Value / n, loss.Variance / n / n);
    }

    (Noisy[][], Func<Noisy[][], Noisy[][]>) Layer(string name, Noisy[][] x, int n)
    {
        var attention = new Norm(x);
        var (q, k) = (Linear(name + ".attn_wq", attention.Y), Linear(name + ".attn_wk", attention.Y));
        var v = Linear(name + ".attn_wv", attention.Y);
        var root = (Noisy)1 / ((Noisy)config.HeadDim).Sqrt();
        var weights = new Noisy[config.NHead, n][]; // of each head and position, one for each position it sees
        var heads = Rows(n, _ => new Noisy[config.NEmbd]);
        for (var h = 0; h < config.NHead; h++)
        {
            for (var p = 0; p < n; p++)
            {
                var lo = h * config.HeadDim;
                var scores = Row(p + 1, s => Sum(config.HeadDim, j => k[s][lo + j], j => q[p][lo + j]) * root);
                var max = scores.Max(score => score.Value);
                var exps = Array.ConvertAll(scores, score => (score - max).Exp());
                var inverse = (Noisy)1 / exps.Aggregate((Noisy)0, (sum, exp) => sum + exp);
                var w = weights[h, p] = Array.ConvertAll(exps, exp => exp * inverse);
                for (var j = lo; j < lo + config.HeadDim; j++)
                {
                    heads[p][j] = Sum(p + 1, s => v[s][j], s => w[s]);
                }
            }
        }
        var middle = Linear(name + ".attn_wo", heads, start: x);
        var mlp = new Norm(middle);
        var wide = Linear(name + ".mlp_fc1", mlp.Y);
        var hidden = Rows(n, p => Array.ConvertAll(wide[p], value => value.Where(value)));
        return (Linear(name + ".mlp_fc2", hidden, start: middle), Backward);

        Noisy[][] Backward(Noisy[][] dOut)
        {
            var dHidden = LinearBackward(name + ".mlp_fc2", hidden, dOut);
            var dWide = Rows(n, p => Row(4 * config.NEmbd, i => dHidden[p][i].Where(wide[p][i])));
            var dMiddle = mlp.Backward(LinearBackward(name + ".mlp_fc1", mlp.Y, dWide), dOut);
            var dHeads = LinearBackward(name + ".attn_wo", heads, dMiddle);
            Noisy[][] Zeros() => Rows(n, _ => new Noisy[config.NEmbd]);
            var (dq, dk, dv) = (Zeros(), Zeros(), Zeros());
            for (var h = 0; h < config.NHead; h++)
            {
                var lo = h * config.HeadDim;
                for (var p = 0; p < n; p++)
                {
                    var w = weights[h, p];
                    var dw = Row(p + 1, s => Sum(config.HeadDim, j => v[s][lo + j], j => dHeads[p][lo + j]));
                    var mean = Sum(p + 1, s => w[s], s => dw[s]);
                    for (var s = 0; s <= p; s++)
                    {
                        var dScore = w[s] * (dw[s] - mean) * root;
                        for (var j = lo; j < lo + config.HeadDim; j++)
                        {
                            dq[p][j] = Noisy.Fma(k[s][j], dScore, dq[p][j]);
                            dk[s][j] = Noisy.Fma(q[p][j], dScore, dk[s][j]);
                            dv[s][j] = Noisy.Fma(dHeads[p][j], w[s], dv[s][j]);
                        }
                    }
                }
            }
            // One sum over the rows of all three matrices.
            var dy = LinearBackward(name + ".attn_wq", attention.Y, dq);
            dy = LinearBackward(name + ".attn_wk", attention.Y, dk, dy);
            return attention.Backward(LinearBackward(name + ".attn_wv", attention.Y, dv, dy), dMiddle);
        }
    }

    // x [n, nIn] -> start + x · wᵀ [n, nOut].
    Noisy[][] Linear(string name, Noisy[][] x, Noisy[][]? start = null)
    {
        var tensor = parameters.Tensors.First(tensor => tensor.Name == name);
        return Rows(x.Length, p => Row(tensor.Rows, row =>
            Sum(tensor.Columns, i => W(name, row, i), i => x[p][i], start == null ? 0 : start[p][row])));
    }

    // dy [n, nOut] -> start + dy · w [n, nIn]; adds dyᵀ · x to the gradient of w.
    Noisy[][] LinearBackward(string name, Noisy[][] x, Noisy[][] dy, Noisy[][]? start = null)
    {
        var tensor = parameters.Tensors.First(tensor => tensor.Name == name);
        for (var row = 0; row < tensor.Rows; row++)
        {
            for (var i = 0; i < tensor.Columns; i++)
            {
                ref var g = ref G(name, row, i);
                for (var p = 0; p < x.Length; p++)
                {
                    g = Noisy.Fma(dy[p][row], x[p][i], g);
                }
            }
        }
        return Rows(x.Length, p => Row(tensor.Columns, i =>
            Sum(tensor.Rows, row => W(name, row, i), row => dy[p][row], start == null ? 0 : start[p][i])));
    }

    double W(string name, int row, int column) => parameters.Values[At(name, row, column)];

    ref Noisy G(string name, int row, int column) => ref gradient[At(name, row, column)];

    int At(string name, int row, int column)
    {
        var tensor = byName.TryGetValue(name, out var found) ? found
            : byName[name] = parameters.Tensors.First(tensor => tensor.Name == name);
        return tensor.Offset + row * tensor.Columns + column;
    }

    readonly Dictionary<string, Tensor> byName = [];

    static Noisy Sum(int n, Func<int, Noisy> a, Func<int, Noisy> b, Noisy start = default)
    {
        for (var i = 0; i < n; i++)
        {
            start = Noisy.Fma(a(i), b(i), start);
        }
        return start;
    }

    static Noisy[] Row(int n, Func<int, Noisy> value) => [.. Enumerable.Range(0, n).Select(value)];

    static Noisy[][] Rows(int n, Func<int, Noisy[]> row) => [.. Enumerable.Range(0, n).Select(row)];
}
