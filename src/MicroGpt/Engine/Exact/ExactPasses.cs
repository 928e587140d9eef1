using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// Forward and backward through the whole model. There is one more token than positions, and all are in the vocabulary.
/// Parameters and gradient have the <see cref="ParameterLayout"/>; nothing beyond them is read or written.
/// </summary>
abstract unsafe class ExactPasses
{
    /// <summary>Passes for models of this shape.</summary>
    public static ExactPasses Of(GptConfig config, VectorWidth width) => width switch
    {
        VectorWidth.Bits512 => new ExactPasses<ExactLanes8>(config, new()),
        VectorWidth.Bits256 => new ExactPasses<ExactLanes4>(config, new()),
        VectorWidth.Bits128 => new ExactPasses<ExactLanes2>(config, new()),
        _ => new ExactPasses<ExactLanes1>(config, new()),
    };

    /// <summary>What keeps a copy of every activation and gradient; null: nothing.</summary>
    public Trace? Trace { get; set; }

    /// <summary>Sets attention weights to 0 from now on; an empty list: none.</summary>
    public abstract void Cut(IReadOnlyList<AttentionCut> cuts);

    /// <summary>The sum of -log p(next token) over the positions, in nats.</summary>
    public abstract double Forward(double* w, ReadOnlySpan<int> tokens);

    /// <summary>
    /// Overwrites <paramref name="g"/> with the gradient of the mean over positions; 0 for parameters the document does
    /// not use. Must follow Forward of the same tokens.
    /// </summary>
    public abstract void Backward(double* w, ReadOnlySpan<int> tokens, double* g);

    /// <summary>Approximate number of float64 numbers that the passes allocate.</summary>
    public static double Numbers(TrainingOptions options, int vocabSize)
    {
        double d = options.NEmbd, heads = options.NHead, block = options.BlockSize;
        var positions = block + 16; // room to fill the last vector and to pad rows
        var layer = (12 * d + 2 * heads + 4) * positions + 2 * heads * block * positions;
        var order = 2 * Math.Max(Math.Max(vocabSize, 4 * d), block) + 3 * d; // ints, two to a number
        return options.NLayer * layer + (13 * d + vocabSize + block) * positions + 4 * d * block
            + 2 * positions * positions + order / 2;
    }
}

/// <summary>
/// The passes with vectors of one width. Lanes are positions. Positions mix only in attention and in the gradients of the
/// matrices, where each sum still runs over positions one at a time.
/// Shapes: [nEmbd, P] is nEmbd rows of P numbers, one per position plus padding for the last vector. The padding is
/// computed too; it stays finite and is never used.
/// </summary>
sealed unsafe class ExactPasses<T> : ExactPasses where T : unmanaged, IExactLanes<T>
{
    // What Forward stores for one normalization: y = x · scale, scale = (mean of x² + 1e-5)^-0.5.
    struct Norm
    {
        public double* X, Y;        // [nEmbd, P]
        public double* Mean, Scale; // [P]
    }

    // What Forward stores for one layer.
    struct Layer
    {
        public Norm Attention, Mlp;
        public double* Qkv;              // [3·nEmbd, P]: queries, keys, values
        public double* Exps, Weights;    // [nHead, block, P]: the second index is the position attended to
        public double* Totals, Inverses; // [nHead, P]: sums of the exps, and their inverses
        public double* Heads;            // [nEmbd, P]
        public double* Hidden;           // [4·nEmbd, P]
        public double* Uncut;            // [nHead, block, P]: 1, or 0 where the weight is cut; null: nothing is cut
    }

    readonly ParameterLayout layout;
    readonly int vocab, d, block, nHead, headDim;
    readonly int stride; // P
    readonly double invD, invRootHeadDim;
    readonly PinnedMemory scratch;
    readonly Norm embedding;
    readonly Layer[] layers;
    readonly double* x;                 // [nEmbd, P]: the input of lm_head
    readonly double* logits;            // [vocab, P]: logits, then their exp, then their gradients
    readonly double* totals, inverses;  // [P]: sums of the exps, and their inverses
    readonly double* targets;           // [P]: exp of the target's logit
    readonly double* losses;            // [P]: p(target)
    readonly double* lossGradients;     // [P]: the target's logit's gradient
    readonly double* dx, dy;            // [nEmbd, P]
    readonly double* dQkv, dHidden;     // [3·nEmbd, P], [4·nEmbd, P]
    readonly double* dWeights;          // [block, P]: as Weights, for one head
    readonly double* dWeightsColumns;   // [P, P]: the same, but indexed first by the query's position
    readonly double* weightsColumns;    // [P, P]: Weights in that layout
    readonly double* columns;           // [block, 4·nEmbd]: a matrix's input, one row per position
    readonly double* causal;            // [2·lanes]: 0 ... 0 1 ... 1, see Seen
    readonly int* up, down;             // 0, 1, 2 ... and ... 2, 1, 0
    readonly int longest;               // their length
    readonly int* qkvOrder;             // rows of wq, wk, wv in the order of their input's gradient

    public ExactPasses(GptConfig config, PinnedMemory scratch)
    {
        (layout, this.scratch) = (new(config), scratch);
        (vocab, d, block) = (config.VocabSize, config.NEmbd, config.BlockSize);
        (nHead, headDim) = (config.NHead, config.HeadDim);
        stride = RoundUp(block);
        if (stride % 64 == 0)
        {
            stride += 8; // rows a power of two apart would compete for the same cache lines
        }
        invD = Libm.Pow(d, -1);
        invRootHeadDim = Libm.Pow(Libm.Pow(headDim, 0.5), -1);

        layers = new Layer[config.NLayer];
        for (var l = 0; l < layers.Length; l++)
        {
            layers[l] = new()
            {
                Attention = NewNorm(),
                Mlp = NewNorm(),
                Qkv = scratch.Take(3 * d * stride),
                Exps = scratch.Take((long)nHead * block * stride),
                Weights = scratch.Take((long)nHead * block * stride),
                Totals = scratch.Take(nHead * stride),
                Inverses = scratch.Take(nHead * stride),
                Heads = scratch.Take(d * stride),
                Hidden = scratch.Take(4 * d * stride),
            };
        }
        embedding = NewNorm() with { Y = layers[0].Attention.X };
        x = scratch.Take(d * stride);
        logits = scratch.Take((long)vocab * stride);
        totals = scratch.Take(stride);
        inverses = scratch.Take(stride);
        targets = scratch.Take(stride);
        losses = scratch.Take(stride);
        lossGradients = scratch.Take(stride);
        dx = scratch.Take(d * stride);
        dy = scratch.Take(d * stride);
        dQkv = scratch.Take(3 * d * stride);
        dHidden = scratch.Take(4 * d * stride);
        dWeights = scratch.Take(block * stride);
        dWeightsColumns = scratch.Take((long)stride * stride);
        weightsColumns = scratch.Take((long)stride * stride);
        columns = scratch.Take(block * 4 * d);
        causal = scratch.Take(2 * T.Count);
        for (var lane = T.Count - 1; lane < 2 * T.Count; lane++)
        {
            causal[lane] = 1;
        }

        longest = Math.Max(Math.Max(vocab, 4 * d), block);
        up = scratch.Take(longest, i => i);
        down = scratch.Take(longest, i => longest - 1 - i);
        // Heads from last to first; within each, the rows of values, keys and queries, from last to first. (At position 0
        // the graph's search alternates keys and queries. But a single attention weight is always 1, so the queries'
        // gradients are 0 there, and adding zeros changes nothing.)
        qkvOrder = scratch.Take(3 * d, i =>
        {
            var (headFromLast, inHead) = Math.DivRem(i, 3 * headDim);
            var (partFromLast, rowFromLast) = Math.DivRem(inHead, headDim);
            return (2 - partFromLast) * d + (nHead - 1 - headFromLast) * headDim + headDim - 1 - rowFromLast;
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override double Forward(double* w, ReadOnlySpan<int> tokens)
    {
        var n = tokens.Length - 1;
        var wte = w + layout.Wte;
        var wpe = w + layout.Wpe;
        for (var p = 0; p < RoundUp(n); p++)
        {
            for (var j = 0; j < d; j++)
            {
                embedding.X[j * stride + p] = p < n ? wte[tokens[p] * d + j] + wpe[p * d + j] : 0;
            }
        }
        Trace?.Keep(Activation.Embedding, 0, embedding.X, stride);
        Normalize(embedding, n);
        for (var l = 0; l < layers.Length; l++)
        {
            ref var layer = ref layers[l];
            ref var at = ref layout.Layers[l];
            var output = l + 1 < layers.Length ? layers[l + 1].Attention.X : x;
            Trace?.Keep(Activation.Input, l, layer.Attention.X, stride);
            Normalize(layer.Attention, n);
            Trace?.Keep(Activation.AttentionNorm, l, layer.Attention.Y, stride);
            Linear(layer.Attention.Y, w + at.AttnWq, layer.Qkv, d, 3 * d, n);
            Trace?.Keep(Activation.Query, l, layer.Qkv, stride);
            Trace?.Keep(Activation.Key, l, layer.Qkv + d * stride, stride);
            Trace?.Keep(Activation.Value, l, layer.Qkv + 2 * d * stride, stride);
            for (var h = 0; h < nHead; h++)
            {
                Attend(l, h, n);
            }
            Trace?.Keep(Activation.Heads, l, layer.Heads, stride);
            Linear(layer.Heads, w + at.AttnWo, layer.Mlp.X, d, d, n);
            Trace?.Keep(Activation.AttentionOutput, l, layer.Mlp.X, stride);
            Add(layer.Mlp.X, layer.Attention.X, n);
            Trace?.Keep(Activation.Middle, l, layer.Mlp.X, stride);
            Normalize(layer.Mlp, n);
            Trace?.Keep(Activation.MlpNorm, l, layer.Mlp.Y, stride);
            Linear(layer.Mlp.Y, w + at.MlpFc1, layer.Hidden, d, 4 * d, n);
            Trace?.Keep(Activation.Hidden, l, layer.Hidden, stride);
            Relu(layer.Hidden, layer.Hidden, n);
            Trace?.Keep(Activation.Relu, l, layer.Hidden, stride);
            Linear(layer.Hidden, w + at.MlpFc2, output, 4 * d, d, n);
            Trace?.Keep(Activation.MlpOutput, l, output, stride);
            Add(output, layer.Mlp.X, n);
            Trace?.Keep(Activation.Output, l, output, stride);
        }
        Linear(x, w + layout.LmHead, logits, d, vocab, n);
        Trace?.Keep(Activation.Logit, 0, logits, stride);
        return Loss(tokens, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Backward(double* w, ReadOnlySpan<int> tokens, double* g)
    {
        var n = tokens.Length - 1;
        LossBackward(tokens, w + layout.LmHead, n);
        Trace?.KeepGradient(Activation.Logit, 0, logits, stride);
        Outer(g + layout.LmHead, logits, x, vocab, d, n);
        for (var l = layers.Length - 1; l >= 0; l--)
        {
            ref var layer = ref layers[l];
            ref var at = ref layout.Layers[l];
            // MLP: dx is the gradient of the layer's output and of the residual.
            Trace?.KeepGradient(Activation.Output, l, dx, stride);
            Trace?.KeepGradient(Activation.MlpOutput, l, dx, stride);
            Outer(g + at.MlpFc2, dx, layer.Hidden, d, 4 * d, n);
            LinearBackward(dx, w + at.MlpFc2, dHidden, 4 * d, Down(d), d, n);
            Trace?.KeepGradient(Activation.Relu, l, dHidden, stride);
            Relu(layer.Hidden, dHidden, n);
            Trace?.KeepGradient(Activation.Hidden, l, dHidden, stride);
            Outer(g + at.MlpFc1, dHidden, layer.Mlp.Y, 4 * d, d, n);
            LinearBackward(dHidden, w + at.MlpFc1, dy, d, Down(4 * d), 4 * d, n);
            Trace?.KeepGradient(Activation.MlpNorm, l, dy, stride);
            NormalizeBackward(layer.Mlp, dy, dx, n);
            // Attention
            Trace?.KeepGradient(Activation.Middle, l, dx, stride);
            Trace?.KeepGradient(Activation.AttentionOutput, l, dx, stride);
            Outer(g + at.AttnWo, dx, layer.Heads, d, d, n);
            LinearBackward(dx, w + at.AttnWo, dy, d, Down(d), d, n);
            Trace?.KeepGradient(Activation.Heads, l, dy, stride);
            for (var h = 0; h < nHead; h++)
            {
                AttendBackward(l, h, n);
            }
            Trace?.KeepGradient(Activation.Query, l, dQkv, stride);
            Trace?.KeepGradient(Activation.Key, l, dQkv + d * stride, stride);
            Trace?.KeepGradient(Activation.Value, l, dQkv + 2 * d * stride, stride);
            Outer(g + at.AttnWq, dQkv, layer.Attention.Y, 3 * d, d, n);
            LinearBackward(dQkv, w + at.AttnWq, dy, d, qkvOrder, 3 * d, n);
            Trace?.KeepGradient(Activation.AttentionNorm, l, dy, stride);
            NormalizeBackward(layer.Attention, dy, dx, n);
            Trace?.KeepGradient(Activation.Input, l, dx, stride);
        }
        new Span<double>(dy, d * stride).Clear();
        NormalizeBackward(embedding, dx, dy, n);
        Trace?.KeepGradient(Activation.Embedding, 0, dy, stride);
        new Span<double>(g + layout.Wte, vocab * d).Clear();
        new Span<double>(g + layout.Wpe, block * d).Clear();
        for (var p = n - 1; p >= 0; p--)
        {
            var dWte = g + layout.Wte + tokens[p] * d;
            var dWpe = g + layout.Wpe + p * d;
            for (var j = 0; j < d; j++)
            {
                dWte[j] += dy[j * stride + p];
                dWpe[j] += dy[j * stride + p];
            }
        }
    }

    // One head: each position weighs the values up to its own by how well its query matches their keys.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Attend(int l, int h, int n)
    {
        ref var layer = ref layers[l];
        var q = layer.Qkv + h * headDim * stride;
        var k = q + d * stride;
        var v = q + 2 * d * stride;
        var exps = layer.Exps + h * block * stride;
        var weights = layer.Weights + h * block * stride;
        for (var b = 0; b < n; b += T.Count)
        {
            var seen = Math.Min(n, b + T.Count);
            ExactKernel.Product<T>(exps + b, stride, k, 1, stride, q + b, stride, seen, up, headDim);
            Trace?.Keep(Activation.Score, l, h, exps + b, stride, b, T.Count);
            var max = T.All(double.NegativeInfinity);
            for (var s = 0; s < seen; s++)
            {
                var score = T.Load(exps + s * stride + b) * T.All(invRootHeadDim);
                score.Store(exps + s * stride + b);
                max = T.Where(Seen(s, b), T.Max(max, score), max);
            }
            ExactMath.Exp(max, exps + b, stride, seen);
            T total = default;
            for (var s = 0; s < seen; s++)
            {
                var exp = T.Where(Seen(s, b), T.Load(exps + s * stride + b), default);
                exp.Store(exps + s * stride + b);
                total += exp;
            }
            var inverse = ExactMath.Inverse(total);
            total.Store(layer.Totals + h * stride + b);
            inverse.Store(layer.Inverses + h * stride + b);
            for (var s = 0; s < seen; s++)
            {
                (T.Load(exps + s * stride + b) * inverse).Store(weights + s * stride + b);
            }
            Cut(layer, h, weights, b, seen);
            Trace?.Keep(Activation.Weight, l, h, weights + b, stride, b, T.Count);
            ExactKernel.Product<T>(
                layer.Heads + h * headDim * stride + b, stride, v, stride, 1, weights + b, stride, headDim, up, seen);
        }
    }

    // dy, the gradient of all heads' outputs -> dQkv, of this head's queries, keys, values.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AttendBackward(int l, int h, int n)
    {
        ref var layer = ref layers[l];
        var q = layer.Qkv + h * headDim * stride;
        var k = q + d * stride;
        var v = q + 2 * d * stride;
        var dq = dQkv + h * headDim * stride;
        var dk = dq + d * stride;
        var dv = dq + 2 * d * stride;
        var dHead = dy + h * headDim * stride;
        var exps = layer.Exps + h * block * stride;
        var weights = layer.Weights + h * block * stride;
        for (var b = 0; b < n; b += T.Count)
        {
            var seen = Math.Min(n, b + T.Count);
            ExactKernel.Product<T>(dWeights + b, stride, v, 1, stride, dHead + b, stride, seen, Down(headDim), headDim);
            Trace?.KeepGradient(Activation.Weight, l, h, dWeights + b, stride, b, T.Count);
            Cut(layer, h, dWeights, b, seen);
            var total = T.Load(layer.Totals + h * stride + b);
            var inverse = T.Load(layer.Inverses + h * stride + b);
            var dInverse = T.All(-1) * ExactMath.InverseSquare(total);
            T dTotal = default;
            for (var s = seen - 1; s >= 0; s--)
            {
                dTotal += dInverse * (T.Load(exps + s * stride + b) * T.Load(dWeights + s * stride + b));
            }
            for (var s = 0; s < seen; s++)
            {
                var dExp = inverse * T.Load(dWeights + s * stride + b) + dTotal;
                (T.Load(exps + s * stride + b) * dExp * T.All(invRootHeadDim)).Store(dWeights + s * stride + b);
            }
            Trace?.KeepGradient(Activation.Score, l, h, dWeights + b, stride, b, T.Count);
            ExactKernel.Product<T>(dq + b, stride, k, stride, 1, dWeights + b, stride, headDim, Down(seen), seen);
        }
        // A key and a value sum over the positions that attended to them: lanes are now the positions attended to.
        for (var b = 0; b < n; b += T.Count)
        {
            var seen = Math.Min(n, b + T.Count);
            var looking = Math.Min(T.Count, n - b);
            ExactKernel.Transpose(dWeights + b, stride, dWeightsColumns + b * stride, stride, seen, looking);
            ExactKernel.Transpose(weights + b, stride, weightsColumns + b * stride, stride, seen, looking);
        }
        for (var b = 0; b < n; b += T.Count)
        {
            var order = Down(n);
            ExactKernel.Product<T>(dk + b, stride, q, stride, 1, dWeightsColumns + b, stride, headDim, order, n - b);
            ExactKernel.Product<T>(dv + b, stride, dHead, stride, 1, weightsColumns + b, stride, headDim, order, n - b);
        }
    }

    public override void Cut(IReadOnlyList<AttentionCut> cuts)
    {
        for (var l = 0; l < layers.Length; l++)
        {
            ref var uncut = ref layers[l].Uncut;
            if (cuts.Count == 0)
            {
                uncut = null;
                continue;
            }
            uncut = uncut == null ? scratch.Take((long)nHead * block * stride) : uncut;
            for (var i = 0; i < nHead * block * stride; i++)
            {
                var (h, s, p) = (i / stride / block, i / stride % block, i % stride);
                uncut[i] = cuts.Any(cut => cut.Includes(l, h, p, s)) ? 0 : 1;
            }
        }
    }

    // Weights of a head, or their gradients, of the vector's positions: 0 where they are cut.
    void Cut(in Layer layer, int h, double* weights, int b, int seen)
    {
        if (layer.Uncut != null)
        {
            var uncut = layer.Uncut + h * block * stride;
            for (var s = 0; s < seen; s++)
            {
                T.Where(T.Load(uncut + s * stride + b), T.Load(weights + s * stride + b), default)
                    .Store(weights + s * stride + b);
            }
        }
    }

    // logits -> exps; the sum of -log(exp of the target · total⁻¹).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    double Loss(ReadOnlySpan<int> tokens, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            var max = T.Load(logits + b);
            for (var i = 1; i < vocab; i++)
            {
                max = T.Max(max, T.Load(logits + i * stride + b));
            }
            ExactMath.Exp(max, logits + b, stride, vocab);
            T total = default;
            for (var i = 0; i < vocab; i++)
            {
                total += T.Load(logits + i * stride + b);
            }
            var inverse = ExactMath.Inverse(total);
            total.Store(totals + b);
            inverse.Store(inverses + b);
            for (var p = b; p < b + T.Count; p++)
            {
                targets[p] = logits[tokens[Math.Min(p + 1, n)] * stride + p];
            }
            (T.Load(targets + b) * inverse).Store(losses + b);
        }
        double sum = 0;
        for (var p = 0; p < n; p++)
        {
            sum += Libm.Log(losses[p]) * -1;
        }
        return sum;
    }

    // exps -> gradients of the logits, and dx, of lm_head's input.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void LossBackward(ReadOnlySpan<int> tokens, double* lmHead, int n)
    {
        var dLog = -1 * (1.0 / n);
        for (var b = 0; b < n; b += T.Count)
        {
            var total = T.Load(totals + b);
            var target = T.Load(targets + b);
            var dTarget = T.All(1) / T.Load(losses + b) * T.All(dLog);
            var dTotal = T.All(-1) * ExactMath.InverseSquare(total) * (target * dTarget);
            (target * (T.Load(inverses + b) * dTarget + dTotal)).Store(lossGradients + b);
            for (var i = 0; i < vocab; i++)
            {
                (T.Load(logits + i * stride + b) * dTotal).Store(logits + i * stride + b);
            }
        }
        // The target's row comes last in the sums of dx: the search reached its logit first, through the loss.
        for (var p = 0; p < n; p++)
        {
            logits[tokens[p + 1] * stride + p] = 0;
        }
        LinearBackward(logits, lmHead, dx, d, Down(vocab), vocab, n);
        for (var p = 0; p < n; p++)
        {
            logits[tokens[p + 1] * stride + p] = lossGradients[p];
            for (var j = 0; j < d; j++)
            {
                dx[j * stride + p] += lmHead[tokens[p + 1] * d + j] * lossGradients[p];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Normalize(in Norm norm, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            T sum = default;
            for (var j = 0; j < d; j++)
            {
                var value = T.Load(norm.X + j * stride + b);
                sum += value * value;
            }
            var mean = sum * T.All(invD) + T.All(1e-5);
            var scale = ExactMath.InverseRoot(mean);
            mean.Store(norm.Mean + b);
            scale.Store(norm.Scale + b);
            for (var j = 0; j < d; j++)
            {
                (T.Load(norm.X + j * stride + b) * scale).Store(norm.Y + j * stride + b);
            }
        }
    }

    // Adds to dx, which holds the residual's gradient.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void NormalizeBackward(in Norm norm, double* dy, double* dx, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            T dScale = default;
            for (var j = d - 1; j >= 0; j--)
            {
                dScale += T.Load(norm.X + j * stride + b) * T.Load(dy + j * stride + b);
            }
            var dMean = T.All(-0.5) * ExactMath.InverseRootCube(T.Load(norm.Mean + b)) * dScale * T.All(invD);
            var scale = T.Load(norm.Scale + b);
            for (var j = 0; j < d; j++)
            {
                var fromSquare = T.Load(norm.X + j * stride + b) * dMean; // x · x: one term for each factor
                var sum = T.Load(dx + j * stride + b) + scale * T.Load(dy + j * stride + b);
                (sum + fromSquare + fromSquare).Store(dx + j * stride + b);
            }
        }
    }

    // x [nIn, P], w [nOut, nIn] -> y [nOut, P].
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Linear(double* x, double* w, double* y, int nIn, int nOut, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            ExactKernel.Product<T>(y + b, stride, w, nIn, 1, x + b, stride, nOut, up, nIn);
        }
    }

    // dy [nOut, P], w [nOut, nIn] -> dx [nIn, P].
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void LinearBackward(double* dy, double* w, double* dx, int nIn, int* order, int nOut, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            ExactKernel.Product<T>(dx + b, stride, w, 1, nIn, dy + b, stride, nIn, order, nOut);
        }
    }

    // dy [nOut, P], x [nIn, P] -> dw [nOut, nIn].
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Outer(double* dw, double* dy, double* x, int nOut, int nIn, int n)
    {
        ExactKernel.Transpose(x, stride, columns, nIn, nIn, n);
        ExactKernel.Outer<T>(dw, dy, stride, columns, nOut, nIn, Down(n), n);
    }

    // Both [nEmbd, P].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Add(double* y, double* x, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            for (var j = 0; j < d; j++)
            {
                (T.Load(y + j * stride + b) + T.Load(x + j * stride + b)).Store(y + j * stride + b);
            }
        }
    }

    // Both [4·nEmbd, P]: y is 0 where x is not above 0.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Relu(double* x, double* y, int n)
    {
        for (var b = 0; b < n; b += T.Count)
        {
            for (var i = 0; i < 4 * d; i++)
            {
                T.Where(T.Load(x + i * stride + b), T.Load(y + i * stride + b), default).Store(y + i * stride + b);
            }
        }
    }

    // Above 0 in the lanes of positions b, b+1, ... that may attend to position s.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T Seen(int s, int b) => T.Load(causal + T.Count - 1 - Math.Max(0, s - b));

    // count - 1 ... 1, 0.
    int* Down(int count) => down + longest - count;

    Norm NewNorm() => new()
    {
        X = scratch.Take(d * stride),
        Y = scratch.Take(d * stride),
        Mean = scratch.Take(stride),
        Scale = scratch.Take(stride),
    };

    static int RoundUp(int positions) => (positions + T.Count - 1) / T.Count * T.Count;
}
