using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// Forward and backward for the documents of a shard. Shards pass through the model independently; their contributions to
/// the gradient of the matrices are summed afterwards, in shard order. Parameters and gradient have the
/// <see cref="ParameterLayout"/>; nothing beyond them is read or written.
/// </summary>
abstract unsafe class FloatPasses
{
    /// <summary>Computes the losses of the shard's positions.</summary>
    public abstract void Forward(float* w);

    /// <summary>Must follow Forward.</summary>
    public abstract void Backward(float* w);

    /// <summary>
    /// Writes the shard's gradient, or adds it to <paramref name="g"/>: only rows that start in slice
    /// <paramref name="part"/> of <paramref name="parts"/> slices. Must follow Backward.
    /// </summary>
    public abstract void Gradient(float* g, bool add, int part, int parts);

    /// <summary>Where in the gradient such a slice begins; for the one after the last, the gradient's length.</summary>
    public abstract int Start(int part, int parts);

    /// <summary>How many numbers the passes of a shard with this stride take, by the constructor below.</summary>
    public static double Numbers(TrainingOptions options, int vocabSize, double stride)
    {
        var lanes = VectorWidths.InUse switch { VectorWidth.Bits512 => 16, VectorWidth.Bits256 => 8, _ => 1 };
        double d = options.NEmbd, heads = options.NHead, block = Shard.WholeLines(options.BlockSize);
        double row = Shard.WholeLines(d), hiddenRow = Shard.WholeLines(4 * d);
        var layer = 7 * RoundUp(d) + 3 * row + 2 * RoundUp(3 * d) + 2 * RoundUp(4 * d) + hiddenRow + 2 * lanes
            + RoundUp((heads - 1) * options.BlockSize + RoundUp(options.BlockSize));
        var model = 4 * RoundUp(d) + 2 * row + RoundUp(vocabSize) + 4 * lanes;
        return (options.NLayer * layer + model) * stride + 3 * block * block;

        double RoundUp(double n) => Math.Ceiling(n / lanes) * lanes;
    }
}

/// <summary>
/// Lanes are positions, as in the exact engine, but of many documents: [nEmbd, P] is nEmbd rows of P numbers, one for
/// each position of the shard, document after document. Sums run over rows, so lanes never mix, and every width and every
/// number of shards give the same bits. What a vector writes past the end of its document is overwritten by the next
/// document; after the last there is room.
/// </summary>
sealed unsafe class FloatPasses<T> : FloatPasses where T : unmanaged, IFloatLanes<T>
{
    // y = x · scale, scale = (mean of x² + 1e-5)^-0.5.
    struct Norm
    {
        public float* X, Y;    // [nEmbd, P]
        public float* Scale;   // [P]
        public float* Columns; // [P, nEmbd]: Y, one row per position
    }

    // What Forward stores for one layer, and Backward for Gradient.
    struct Layer
    {
        public Norm Attention, Mlp;
        public float* Qkv;                   // [3·nEmbd, P]: queries, keys, values
        public float* Weights;               // [nHead, block, P]: the second index is the position attended to
        public float* Heads, HeadsColumns;   // [nEmbd, P], [P, nEmbd]
        public float* Hidden, HiddenColumns; // [4·nEmbd, P], [P, 4·nEmbd]
        public float* DQkv, DHidden;         // the gradients of Qkv, Hidden,
        public float* DMiddle, DOut;         // of the outputs of attention and of the layer [nEmbd, P]
    }

    readonly Shard shard;
    readonly ParameterLayout layout;
    readonly int vocab, d, block, nHead, headDim, count;
    readonly int dRow, hiddenRow, scoreRow; // from a row of nEmbd, 4·nEmbd, block numbers to the next
    readonly float rootHeadDimInverse;
    readonly PinnedMemory scratch;
    readonly Norm embedding;
    readonly Layer[] layers;
    readonly float* dScores;                       // [block, block], one head: key's position, query's position
    readonly float* dScoresColumns, weightColumns; // [block, block]: the other way round
    readonly float* x, xColumns;              // [nEmbd, P], [P, nEmbd]: the input of lm_head
    readonly float* logits;                   // [vocab, P]: logits, then probabilities, then their gradients
    readonly float* largest, totals, targets; // [P]: the largest logit, the sum of the exps, the target's logit
    readonly float* dx, dy;                   // [nEmbd, P]
    readonly float* dEmbedding;               // [P, nEmbd]
    readonly float* causal;                   // [2·lanes]: -∞ ... -∞ 0 ... 0, see Mask

    /// <summary>Allocates all the memory that a shard can need.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="shard">Read at each pass.</param>
    /// <param name="capacity">The shard's largest possible stride.</param>
    /// <param name="scratch">The memory for all matrices.</param>
    public FloatPasses(GptConfig config, Shard shard, int capacity, PinnedMemory scratch)
    {
        (this.shard, layout, this.scratch) = (shard, new(config), scratch);
        (vocab, d, block) = (config.VocabSize, config.NEmbd, config.BlockSize);
        (nHead, headDim, count) = (config.NHead, config.HeadDim, config.ParameterCount);
        (dRow, hiddenRow, scoreRow) = (WholeLines(d), WholeLines(4 * d), WholeLines(block));
        rootHeadDimInverse = 1 / MathF.Sqrt(headDim);

        layers = new Layer[config.NLayer];
        for (var l = 0; l < layers.Length; l++)
        {
            layers[l] = new()
            {
                Attention = NewNorm(),
                Mlp = NewNorm(),
                Qkv = Rows(3 * d),
                Weights = Rows((nHead - 1) * block + RoundUp(block)), // the last head is also transposed in whole squares
                Heads = Rows(d),
                HeadsColumns = Columns(dRow),
                Hidden = Rows(4 * d),
                HiddenColumns = Columns(hiddenRow),
                DQkv = Rows(3 * d),
                DHidden = Rows(4 * d),
                DMiddle = Rows(d),
                DOut = Rows(d),
            };
        }
        embedding = new() { X = Rows(d), Y = layers[0].Attention.X, Scale = Rows(1) };
        dScores = Square();
        dScoresColumns = Square();
        weightColumns = Square();
        x = Rows(d);
        xColumns = Columns(dRow);
        logits = Rows(vocab);
        largest = Rows(1);
        totals = Rows(1);
        targets = Rows(1);
        dx = Rows(d);
        dy = Rows(d);
        dEmbedding = Columns(dRow);
        causal = scratch.TakeFloats(2 * T.Count);
        new Span<float>(causal, T.Count).Fill(float.NegativeInfinity);

        Norm NewNorm() => new() { X = Rows(d), Y = Rows(d), Scale = Rows(1), Columns = Columns(dRow) };
        float* Rows(int rows) => scratch.TakeFloats((long)RoundUp(rows) * capacity); // Transpose reads whole squares
        float* Columns(int columns) => scratch.TakeFloats((long)capacity * columns);
        int WholeLines(int numbers) => (int)Shard.WholeLines(numbers);
        float* Square() => scratch.TakeFloats((long)scoreRow * scoreRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(float* w)
    {
        var n = shard.Positions;
        Embed(w);
        Normalize(embedding, n);
        for (var l = 0; l < layers.Length; l++)
        {
            ref var layer = ref layers[l];
            ref var at = ref layout.Layers[l];
            Normalize(layer.Attention, n);
            Linear(layer.Qkv, w + at.AttnWq, layer.Attention.Y, 3 * d, d, n);
            foreach (var span in Spans)
            {
                for (var h = 0; h < nHead; h++)
                {
                    Attend(layer, h, span);
                }
            }
            Copy(layer.Attention.X, layer.Mlp.X, n);
            Linear(layer.Mlp.X, w + at.AttnWo, layer.Heads, d, d, n, add: true);
            Normalize(layer.Mlp, n);
            Linear(layer.Hidden, w + at.MlpFc1, layer.Mlp.Y, 4 * d, d, n);
            Relu(layer.Hidden, layer.Hidden, n);
            var output = l + 1 < layers.Length ? layers[l + 1].Attention.X : x;
            Copy(layer.Mlp.X, output, n);
            Linear(output, w + at.MlpFc2, layer.Hidden, d, 4 * d, n, add: true);
        }
        Linear(logits, w + layout.LmHead, x, vocab, d, n);
        Loss();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Backward(float* w)
    {
        var n = shard.Positions;
        LossBackward();
        ToColumns(x, xColumns, d, dRow, n);
        LinearBackward(layers[^1].DOut, w + layout.LmHead, logits, vocab, d, n);
        for (var l = layers.Length - 1; l >= 0; l--)
        {
            ref var layer = ref layers[l];
            ref var at = ref layout.Layers[l];
            LinearBackward(layer.DHidden, w + at.MlpFc2, layer.DOut, d, 4 * d, n);
            Relu(layer.Hidden, layer.DHidden, n);
            ToColumns(layer.Hidden, layer.HiddenColumns, 4 * d, hiddenRow, n);
            LinearBackward(dy, w + at.MlpFc1, layer.DHidden, 4 * d, d, n);
            NormalizeBackward(layer.Mlp, dy, layer.DOut, layer.DMiddle, n);
            ToColumns(layer.Mlp.Y, layer.Mlp.Columns, d, dRow, n);
            LinearBackward(dy, w + at.AttnWo, layer.DMiddle, d, d, n);
            ToColumns(layer.Heads, layer.HeadsColumns, d, dRow, n);
            foreach (var span in Spans)
            {
                for (var h = 0; h < nHead; h++)
                {
                    AttendBackward(layer, h, span);
                }
            }
            LinearBackward(dy, w + at.AttnWq, layer.DQkv, 3 * d, d, n);
            NormalizeBackward(layer.Attention, dy, layer.DMiddle, l > 0 ? layers[l - 1].DOut : dx, n);
            ToColumns(layer.Attention.Y, layer.Attention.Columns, d, dRow, n);
        }
        NormalizeBackward(embedding, dx, null, dy, n);
        ToColumns(dy, dEmbedding, d, dRow, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Gradient(float* g, bool add, int part, int parts)
    {
        EmbeddingGradient(g, add, part, parts);
        MatrixGradient(g, add, g + layout.LmHead, logits, xColumns, dRow, vocab, d, part, parts);
        for (var l = 0; l < layers.Length; l++)
        {
            ref var layer = ref layers[l];
            ref var at = ref layout.Layers[l];
            MatrixGradient(g, add, g + at.AttnWq, layer.DQkv, layer.Attention.Columns, dRow, 3 * d, d, part, parts);
            MatrixGradient(g, add, g + at.AttnWo, layer.DMiddle, layer.HeadsColumns, dRow, d, d, part, parts);
            MatrixGradient(g, add, g + at.MlpFc1, layer.DHidden, layer.Mlp.Columns, dRow, 4 * d, d, part, parts);
            MatrixGradient(g, add, g + at.MlpFc2, layer.DOut, layer.HiddenColumns, hiddenRow, d, 4 * d, part, parts);
        }
    }

    // Of each matrix that Gradient writes, the rows before the slice are in earlier ones.
    public override int Start(int part, int parts)
    {
        var start = Of(layout.Wte, vocab, d) + Of(layout.Wpe, block, d) + Of(layout.LmHead, vocab, d);
        foreach (var at in layout.Layers)
        {
            start += Of(at.AttnWq, 3 * d, d) + Of(at.AttnWo, d, d) + Of(at.MlpFc1, 4 * d, d) + Of(at.MlpFc2, d, 4 * d);
        }
        return start;

        int Of(int offset, int rows, int columns) => Rows(offset, rows, columns, part, parts).From * columns;
    }

    // x = wte[token] + wpe[position].
    void Embed(float* w)
    {
        var tokens = shard.Batch!.Tokens;
        foreach (var span in Spans)
        {
            for (var p = 0; p < span.Positions; p++)
            {
                var token = w + layout.Wte + tokens[span.Token + p] * d;
                var position = w + layout.Wpe + p * d;
                var column = embedding.X + span.Column + p;
                for (var j = 0; j < d; j++)
                {
                    column[(nint)j * shard.Stride] = token[j] + position[j];
                }
            }
        }
    }

    // One head of one document: each position weighs the values up to its own by how well its query matches their keys.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Attend(in Layer layer, int h, DocumentSpan span)
    {
        nint stride = shard.Stride;
        var q = layer.Qkv + h * headDim * stride + span.Column;
        var k = q + d * stride;
        var v = k + d * stride;
        var heads = layer.Heads + h * headDim * stride + span.Column;
        var weights = layer.Weights + h * block * stride + span.Column;
        for (var b = 0; b < span.Positions; b += T.Count)
        {
            var seen = Math.Min(span.Positions, b + T.Count);
            FloatKernel.Product<T>(weights + b, stride, false, k, 1, stride, q + b, stride, seen, T.Count, headDim);
            var max = T.All(float.NegativeInfinity);
            for (var s = 0; s < seen; s++)
            {
                var score = T.Fma(T.Load(weights + s * stride + b), T.All(rootHeadDimInverse), Mask(s, b));
                score.Store(weights + s * stride + b);
                max = T.Max(max, score);
            }
            T total = default;
            for (var s = 0; s < seen; s++)
            {
                var exp = Exp(T.Load(weights + s * stride + b) - max);
                exp.Store(weights + s * stride + b);
                total += exp;
            }
            var inverse = T.All(1) / total;
            for (var s = 0; s < seen; s++)
            {
                (T.Load(weights + s * stride + b) * inverse).Store(weights + s * stride + b);
            }
            FloatKernel.Product<T>(heads + b, stride, false, v, stride, 1, weights + b, stride, headDim, T.Count, seen);
        }
    }

    // dy, the gradient of all heads' outputs -> DQkv, of this head's queries, keys and values.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AttendBackward(in Layer layer, int h, DocumentSpan span)
    {
        nint stride = shard.Stride;
        var n = span.Positions;
        var q = layer.Qkv + h * headDim * stride + span.Column;
        var k = q + d * stride;
        var v = k + d * stride;
        var dq = layer.DQkv + h * headDim * stride + span.Column;
        var dk = dq + d * stride;
        var dv = dk + d * stride;
        var dHead = dy + h * headDim * stride + span.Column;
        var weights = layer.Weights + h * block * stride + span.Column;
        for (var b = 0; b < n; b += T.Count)
        {
            var seen = Math.Min(n, b + T.Count);
            var gradient = dScores + b;
            FloatKernel.Product<T>(gradient, scoreRow, false, v, 1, stride, dHead + b, stride, seen, T.Count, headDim);
            T mean = default; // of the weights' gradients, weighted by the weights
            for (var s = 0; s < seen; s++)
            {
                mean.AddProduct(T.Load(weights + s * stride + b), T.Load(gradient + s * scoreRow));
            }
            for (var s = 0; s < seen; s++)
            {
                var dScore = T.Load(weights + s * stride + b) * (T.Load(gradient + s * scoreRow) - mean);
                (dScore * T.All(rootHeadDimInverse)).Store(gradient + s * scoreRow);
            }
            FloatKernel.Product<T>(dq + b, stride, false, k, stride, 1, gradient, scoreRow, headDim, T.Count, seen);
            FloatKernel.Transpose<T>(
                gradient, scoreRow, dScoresColumns + b * scoreRow, scoreRow, seen, T.Count);
            FloatKernel.Transpose<T>(
                weights + b, stride, weightColumns + b * scoreRow, scoreRow, seen, T.Count);
        }
        // A key and a value sum over the positions that attended to them: lanes are now the positions attended to.
        for (var b = 0; b < n; b += T.Count)
        {
            var gradient = dScoresColumns + b * scoreRow + b;
            var looks = weightColumns + b * scoreRow + b;
            FloatKernel.Product<T>(dk + b, stride, false, q + b, stride, 1, gradient, scoreRow, headDim, T.Count, n - b);
            FloatKernel.Product<T>(dv + b, stride, false, dHead + b, stride, 1, looks, scoreRow, headDim, T.Count, n - b);
        }
    }

    // logits -> probabilities, and the loss of each position: log(total) - (the target's logit - the largest).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Loss()
    {
        nint stride = shard.Stride;
        ForEachTarget(static (passes, column, target) =>
            passes.targets[column] = passes.logits[target * (nint)passes.shard.Stride + column]);
        for (var b = 0; b < shard.Positions; b += T.Count)
        {
            var max = T.Load(logits + b);
            for (var i = 1; i < vocab; i++)
            {
                max = T.Max(max, T.Load(logits + i * stride + b));
            }
            T total = default;
            for (var i = 0; i < vocab; i++)
            {
                var exp = Exp(T.Load(logits + i * stride + b) - max);
                exp.Store(logits + i * stride + b);
                total += exp;
            }
            max.Store(largest + b);
            total.Store(totals + b);
            var inverse = T.All(1) / total;
            for (var i = 0; i < vocab; i++)
            {
                (T.Load(logits + i * stride + b) * inverse).Store(logits + i * stride + b);
            }
        }
        for (var column = 0; column < shard.Positions; column++)
        {
            shard.Losses[column] = Libm.Log(totals[column]) - ((double)targets[column] - largest[column]);
        }
    }

    // probabilities -> gradients of the logits: (p - 1 if it is the target) · the position's share of the loss.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void LossBackward()
    {
        nint stride = shard.Stride;
        fixed (float* shares = shard.Shares)
        {
            for (var b = 0; b < shard.Positions; b += T.Count)
            {
                var share = T.Load(shares + b);
                for (var i = 0; i < vocab; i++)
                {
                    (T.Load(logits + i * stride + b) * share).Store(logits + i * stride + b);
                }
            }
        }
        ForEachTarget(static (passes, column, target) =>
            passes.logits[target * (nint)passes.shard.Stride + column] -= passes.shard.Shares[column]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void ForEachTarget(Action<FloatPasses<T>, int, int> action)
    {
        var tokens = shard.Batch!.Tokens;
        foreach (var span in Spans)
        {
            for (var p = 0; p < span.Positions; p++)
            {
                action(this, span.Column + p, tokens[span.Token + p + 1]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Normalize(in Norm norm, int n)
    {
        nint stride = shard.Stride;
        for (var b = 0; b < n; b += T.Count)
        {
            T sum = default;
            for (var j = 0; j < d; j++)
            {
                var value = T.Load(norm.X + j * stride + b);
                sum.AddProduct(value, value);
            }
            var scale = T.All(1) / T.Sqrt(sum / T.All(d) + T.All(1e-5f));
            scale.Store(norm.Scale + b);
            for (var j = 0; j < d; j++)
            {
                (T.Load(norm.X + j * stride + b) * scale).Store(norm.Y + j * stride + b);
            }
        }
    }

    // dy, the gradient of the normalized -> dx = past + scale · (dy - y · mean of y · dy), where past is the gradient of
    // the residual, if there is one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void NormalizeBackward(in Norm norm, float* dy, float* past, float* dx, int n)
    {
        nint stride = shard.Stride;
        for (var b = 0; b < n; b += T.Count)
        {
            T sum = default;
            for (var j = 0; j < d; j++)
            {
                sum.AddProduct(T.Load(norm.Y + j * stride + b), T.Load(dy + j * stride + b));
            }
            var mean = default(T) - sum / T.All(d);
            var scale = T.Load(norm.Scale + b);
            for (var j = 0; j < d; j++)
            {
                var start = past == null ? default : T.Load(past + j * stride + b);
                var across = T.Fma(T.Load(norm.Y + j * stride + b), mean, T.Load(dy + j * stride + b));
                T.Fma(scale, across, start).Store(dx + j * stride + b);
            }
        }
    }

    // y = w · x, or y + w · x: x [nIn, P], w [nOut, nIn], y [nOut, P].
    void Linear(float* y, float* w, float* x, int nOut, int nIn, int n, bool add = false) =>
        FloatKernel.Product<T>(y, shard.Stride, add, w, nIn, 1, x, shard.Stride, nOut, RoundUp(n), nIn);

    // dx = wᵀ · dy: dy [nOut, P], w [nOut, nIn], dx [nIn, P].
    void LinearBackward(float* dx, float* w, float* dy, int nOut, int nIn, int n) => FloatKernel.Product<T>(
        dx, shard.Stride, false, w, 1, nIn, dy, shard.Stride, nIn, RoundUp(n), nOut);

    // A slice of rows of dw = dy · xᵀ, or dw + dy · xᵀ: dy [nOut, P], x as columns [P, nIn], dw [nOut, nIn].
    void MatrixGradient(
        float* g, bool add, float* dw, float* dy, float* columns, int columnsRow, int nOut, int nIn, int part, int parts)
    {
        var (from, end) = Rows(dw - g, nOut, nIn, part, parts);
        FloatKernel.ProductWithin<T>(dw + (nint)from * nIn, nIn, add, dy + from * (nint)shard.Stride, shard.Stride, 1,
            columns, columnsRow, end - from, nIn, shard.Positions);
    }

    // A row of wte sums over the positions of its token, a row of wpe over the documents that reach its position.
    void EmbeddingGradient(float* g, bool add, int part, int parts)
    {
        var (fromToken, endToken) = Rows(layout.Wte, vocab, d, part, parts);
        var (fromPosition, endPosition) = Rows(layout.Wpe, block, d, part, parts);
        if (fromToken == endToken && fromPosition == endPosition)
        {
            return;
        }
        var dWte = g + layout.Wte;
        var dWpe = g + layout.Wpe;
        var tokens = shard.Batch!.Tokens;
        if (!add)
        {
            new Span<float>(dWte + fromToken * d, (endToken - fromToken) * d).Clear();
            new Span<float>(dWpe + fromPosition * d, (endPosition - fromPosition) * d).Clear();
        }
        foreach (var span in Spans)
        {
            for (var p = 0; p < span.Positions; p++)
            {
                var from = dEmbedding + (nint)(span.Column + p) * dRow;
                var token = tokens[span.Token + p];
                if (token >= fromToken && token < endToken)
                {
                    Add(from, dWte + token * d);
                }
                if (p >= fromPosition && p < endPosition)
                {
                    Add(from, dWpe + p * d);
                }
            }
        }
    }

    // Both [nEmbd].
    void Add(float* from, float* to)
    {
        var j = 0;
        for (; j <= d - T.Count; j += T.Count)
        {
            (T.Load(to + j) + T.Load(from + j)).Store(to + j);
        }
        for (; j < d; j++)
        {
            to[j] += from[j];
        }
    }

    // Both [nEmbd, P].
    void Copy(float* from, float* to, int n)
    {
        for (var j = 0; j < d; j++)
        {
            new Span<float>(from + j * (nint)shard.Stride, n).CopyTo(new(to + j * (nint)shard.Stride, n));
        }
    }

    // Both [4·nEmbd, P]: y is 0 where x is not above 0.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Relu(float* x, float* y, int n)
    {
        nint stride = shard.Stride;
        for (var i = 0; i < 4 * d; i++)
        {
            for (var b = i * stride; b < i * stride + n; b += T.Count)
            {
                T.WhereAbove(T.Load(x + b), default, T.Load(y + b), default).Store(y + b);
            }
        }
    }

    // from [rows, P] -> to [P, rows]: one row, toRow numbers long, per position.
    void ToColumns(float* from, float* to, int rows, int toRow, int n) =>
        FloatKernel.Transpose<T>(from, shard.Stride, to, toRow, rows, n);

    // 0 in the lanes of positions b, b+1, ... that may attend to position s, -∞ in the others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T Mask(int s, int b) => T.Load(causal + T.Count - Math.Max(0, s - b));

    /// <summary>
    /// eˣ for x up to 0, with an error of at most 2 units in the last place; 0 below -87, near float32's smallest number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Exp(T x)
    {
        // x = k·ln 2 + r, |r| ≤ ln 2 / 2; ln 2 in two parts. Then eˣ = 2ᵏ·(1 + r + r²/2! + ... + r⁷/7!).
        var shifted = T.Fma(x, T.All(1.44269504f), T.All(IFloatLanes<T>.Shift));
        var k = shifted - T.All(IFloatLanes<T>.Shift);
        var r = T.Fma(k, T.All(-0.693147182f), x);
        r = T.Fma(k, T.All(1.90465421e-9f), r);
        var sum = T.Fma(r, T.All(1f / 5040), T.All(1f / 720));
        sum = T.Fma(sum, r, T.All(1f / 120));
        sum = T.Fma(sum, r, T.All(1f / 24));
        sum = T.Fma(sum, r, T.All(1f / 6));
        sum = T.Fma(sum, r, T.All(0.5f));
        sum = T.Fma(sum, r, T.All(1));
        sum = T.Fma(sum, r, T.All(1));
        return T.WhereAbove(T.All(-87), x, default, sum * T.Power(shifted)); // NaN stays NaN
    }

    // The rows of a matrix at this offset that belong to a part, in whole tiles of eight.
    (int From, int End) Rows(long offset, int rows, int columns, int part, int parts)
    {
        return (Edge(part), Edge(part + 1));

        int Edge(int part)
        {
            var row = Math.Max(0, (long)count * part / parts - offset) / columns;
            return row < rows ? (int)row / 8 * 8 : rows;
        }
    }

    ReadOnlySpan<DocumentSpan> Spans => shard.Spans.AsSpan(0, shard.Documents);

    static int RoundUp(int n) => (n + T.Count - 1) / T.Count * T.Count;
}
