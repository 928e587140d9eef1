namespace MicroGpt.Record;

/// <summary>What microgpt.cs does outside the model's activations.</summary>
public enum Operation
{
    /// <summary>Shuffles the documents.</summary>
    Shuffle,

    /// <summary>Turns a document into tokens.</summary>
    Tokenize,

    /// <summary>Draws the initial parameters.</summary>
    Initialize,

    /// <summary>Adds up products.</summary>
    Dot,

    /// <summary>Multiplies a vector by a matrix.</summary>
    Linear,

    /// <summary>Scales a vector until its squares average 1.</summary>
    RmsNorm,

    /// <summary>Turns numbers into probabilities.</summary>
    Softmax,

    /// <summary>Adds up the surprise at what really came next, and takes the mean.</summary>
    Loss,

    /// <summary>Goes back through the graph from the loss.</summary>
    Backward,

    /// <summary>Hands a value's gradient to what it was computed from: the chain rule.</summary>
    PassOn,

    /// <summary>The learning rate of a step.</summary>
    LearningRate,

    /// <summary>Adam as a whole.</summary>
    Adam,

    /// <summary>Adam's running mean of the gradient.</summary>
    AdamM,

    /// <summary>Adam's running mean of the squared gradient.</summary>
    AdamV,

    /// <summary>Adam's step.</summary>
    AdamStep,

    /// <summary>Draws a document, letter by letter.</summary>
    Sample,

    /// <summary>Draws one token by its probability.</summary>
    Choice,
}

/// <summary>Some lines of microgpt.cs.</summary>
/// <param name="First">The number of the first line, from 1.</param>
/// <param name="Last">The number of the last line.</param>
/// <param name="Text">The lines, without their common indentation.</param>
public sealed record SourceLines(int First, int Last, string Text);

/// <summary>microgpt.cs, the file that is compiled into this library, and where it does what.</summary>
public static class Source
{
    static readonly Dictionary<Operation, (string Anchor, int Lines)> operations = new()
    {
        [Operation.Shuffle] = ("random.Shuffle(docs);", 1),
        [Operation.Tokenize] = ("public int[] Encode(string doc)", 1),
        [Operation.Initialize] = ("public static Matrices Initialize(", 11),
        [Operation.Dot] = ("static Value Dot(", 5),
        [Operation.Linear] = ("public static Value[] Linear(", 1),
        [Operation.RmsNorm] = ("public static Value[] RmsNorm(", 4),
        [Operation.Softmax] = ("public static Value[] Softmax(", 6),
        [Operation.Loss] = ("Value sum = 0;\n            for (var i = 0; i < n;", 3),
        [Operation.Backward] = ("public void Backward()", 7),
        [Operation.PassOn] = ("void PassOn()", 1),
        [Operation.LearningRate] = ("Adam(parameters, m, v, step, learningRate", 1),
        [Operation.Adam] = ("public static void Adam(", 10),
        [Operation.AdamM] = ("m[i] = beta1", 1),
        [Operation.AdamV] = ("v[i] = beta2", 1),
        [Operation.AdamStep] = ("p.Data -= rate", 1),
        [Operation.Sample] = ("for (var i = 0; i < blockSize; i++) {", 6),
        [Operation.Choice] = ("public int Choice(", 6),
    };

    static readonly Dictionary<Activation, (string Anchor, int Lines)> activations = new()
    {
        [Activation.Embedding] = ("var x = RmsNorm(Add(", 1),
        [Activation.Input] = ("var x = RmsNorm(Add(", 1),
        [Activation.AttentionNorm] = ("var normed = RmsNorm(x);", 1),
        [Activation.Query] = ("var query = Linear(", 1),
        [Activation.Key] = ("keys[li].Add(", 1),
        [Activation.Value] = ("values[li].Add(", 1),
        [Activation.Score] = ("var weights = Softmax(", 1),
        [Activation.Weight] = ("var weights = Softmax(", 1),
        [Activation.Heads] = ("heads.Add(Dot(weights", 1),
        [Activation.AttentionOutput] = ("x = Add(Linear([.. heads]", 1),
        [Activation.Middle] = ("x = Add(Linear([.. heads]", 1),
        [Activation.MlpNorm] = ("var hidden = Linear(RmsNorm(x)", 1),
        [Activation.Hidden] = ("var hidden = Linear(RmsNorm(x)", 1),
        [Activation.Relu] = ("x = Add(Linear([.. hidden.Select(", 1),
        [Activation.MlpOutput] = ("x = Add(Linear([.. hidden.Select(", 1),
        [Activation.Output] = ("x = Add(Linear([.. hidden.Select(", 1),
        [Activation.Logit] = ("return Linear(x, stateDict[\"lm_head\"]);", 1),
        [Activation.Probability] = ("sum += -Softmax(", 1),
    };

    static readonly Dictionary<ValueOperation, (string Anchor, int Lines)> values = new()
    {
        [ValueOperation.Leaf] = ("static implicit operator Value(", 1),
        [ValueOperation.Add] = ("static Value operator +(", 1),
        [ValueOperation.Multiply] = ("static Value operator *(", 1),
        [ValueOperation.Pow] = ("public Value Pow(", 1),
        [ValueOperation.Log] = ("public Value Log(", 1),
        [ValueOperation.Exp] = ("public Value Exp(", 1),
        [ValueOperation.Relu] = ("public Value Relu(", 1),
    };

    /// <summary>The whole file.</summary>
    public static string Text { get; } = Read();

    /// <summary>Where an operation stands.</summary>
    public static SourceLines Of(Operation operation) => Find(operations[operation]);

    /// <summary>Where an activation is computed.</summary>
    public static SourceLines Of(Activation activation) => Find(activations[activation]);

    /// <summary>Where a Value's operation stands.</summary>
    public static SourceLines Of(ValueOperation operation) => Find(values[operation]);

    // The anchor must stand in the file exactly once.
    static SourceLines Find((string Anchor, int Lines) place)
    {
        var at = Text.IndexOf(place.Anchor, StringComparison.Ordinal);
        if (at < 0 || Text.IndexOf(place.Anchor, at + 1, StringComparison.Ordinal) >= 0)
        {
            throw new InvalidOperationException($"microgpt.cs should have exactly once: {place.Anchor}");
        }
        var first = Text.AsSpan(0, at).Count('\n');
        var lines = Text.Split('\n')[first..(first + place.Lines)];
        var indentation = lines.Min(line => line.Length - line.TrimStart().Length);
        return new(first + 1, first + place.Lines, string.Join('\n', lines.Select(line => line[indentation..])));
    }

    static string Read()
    {
        using var reader = new StreamReader(typeof(Source).Assembly.GetManifestResourceStream("microgpt.cs")!);
        return reader.ReadToEnd();
    }
}
