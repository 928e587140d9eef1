using Value = Program.Value;

namespace MicroGpt.Record;

/// <summary>
/// Finds the activations among the Values of microgpt.cs, which has no names for them: from the logits down, by how the
/// file computes each from the one below.
/// </summary>
sealed class ValuePlaces
{
    const int NEmbd = 16, NHead = 4, HeadDim = NEmbd / NHead;

    readonly Dictionary<(Activation, int Position), Value[]> activations = [];
    readonly Dictionary<Value, ValuePlace> places = new(ReferenceEqualityComparer.Instance);

    public ValuePlaces(
        Value[] parameters, List<Value[]> keys, List<Value[]> values, List<Value[]> logits, List<Value[]> probabilities)
    {
        for (var position = 0; position < logits.Count; position++)
        {
            Add(position, keys[position], values[position], logits[position], probabilities[position]);
        }
        for (var i = 0; i < parameters.Length; i++)
        {
            places[parameters[i]] = new(i, null, 0, 0);
        }
    }

    public Value[] At(Activation activation, int position) => activations[(activation, position)];

    public ValuePlace? Of(Value value) => places.GetValueOrDefault(value);

    void Add(int position, Value[] key, Value[] value, Value[] logits, Value[] probabilities)
    {
        Add(Activation.Probability, probabilities);
        Add(Activation.Logit, logits);
        var output = Add(Activation.Output, Inputs(logits[0], NEmbd)); // Linear(x, lm_head)
        var mlp = Add(Activation.MlpOutput, As(output)); // Add(Linear(relus, fc2), x)
        var middle = Add(Activation.Middle, Bs(output));
        var relu = Add(Activation.Relu, Inputs(mlp[0], 4 * NEmbd));
        var hidden = Add(Activation.Hidden, As(relu));
        Add(Activation.MlpNorm, Inputs(hidden[0], NEmbd));
        var attention = Add(Activation.AttentionOutput, As(middle)); // Add(Linear(heads, wo), x)
        var input = Add(Activation.Input, Bs(middle));
        var heads = Add(Activation.Heads, Inputs(attention[0], NEmbd));
        var weights = Add(Activation.Weight, [.. Enumerable.Range(0, NHead) // Dot(weights, values)
            .SelectMany(h => Factors(heads[h * HeadDim], position + 1).Select(pair => pair.A))]);
        // A weight is exp((score / √headDim) - max) / total: undo /, exp, -, /.
        var scores = Add(Activation.Score, As(As(As(As(weights)))));
        Add(Activation.Key, key);
        Add(Activation.Value, value);
        var query = Add(Activation.Query, [.. Enumerable.Range(0, NHead)
            .SelectMany(h => Factors(scores[h * (position + 1)], HeadDim).Select(pair => pair.A))]);
        Add(Activation.AttentionNorm, Inputs(query[0], NEmbd));
        Add(Activation.Embedding, As(input)); // RmsNorm: each x times the scale

        Value[] Add(Activation activation, Value[] numbers)
        {
            activations[(activation, position)] = numbers;
            for (var i = 0; i < numbers.Length; i++)
            {
                places.TryAdd(numbers[i], new(null, activation, position, i));
            }
            return numbers;
        }
    }

    static Value[] As(Value[] values) => Array.ConvertAll(values, value => ValueGraph.SourcesOf(value).A);

    static Value[] Bs(Value[] values) => Array.ConvertAll(values, value => ValueGraph.SourcesOf(value).B);

    // What an output of Linear was computed from: Dot(row, x).
    static Value[] Inputs(Value dot, int count) => Array.ConvertAll(Factors(dot, count), pair => pair.B);

    // The pairs that Dot multiplied: 0 + a0·b0 + a1·b1 + ...
    static (Value A, Value B)[] Factors(Value dot, int count)
    {
        var factors = new (Value, Value)[count];
        for (var i = count - 1; i >= 0; i--)
        {
            var (before, product) = ValueGraph.SourcesOf(dot);
            factors[i] = ValueGraph.SourcesOf(product);
            dot = before;
        }
        return factors;
    }
}
