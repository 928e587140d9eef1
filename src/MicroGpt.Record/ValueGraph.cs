using System.Runtime.CompilerServices;
using Value = Program.Value;

namespace MicroGpt.Record;

/// <summary>
/// The loss of a text as microgpt.cs computes it: one node for each of its Values, with its number and its gradient. As a
/// <see cref="Job"/> it builds the graph, then goes back through it by the chain rule.
/// </summary>
/// <remarks>
/// Nodes are numbered in the order in which they pass on their gradients: 0 is the loss, and every node comes after all
/// nodes computed from it. Parameters and constants, which pass nothing on, come last.
/// </remarks>
public sealed class ValueGraph : Job
{
    const int MovesAtOnce = 1000;

    readonly int[] tokens;
    readonly System.Collections.Generic.OrderedDictionary<string, Value[][]> stateDict;
    readonly Value[] parameters;
    readonly List<Value[]>[] keys = Program.Cache(), values = Program.Cache();
    readonly List<Value[]> logits = [], probabilities = [];
    readonly List<Value> postorder = []; // a and b before what is computed from them
    readonly Stack<Value> path = new();
    readonly List<Value> nodes = [];
    readonly Dictionary<Value, int> numbers = new(ReferenceEqualityComparer.Instance);
    readonly List<Edge> edges = [];
    readonly List<int> firstEdge = [], lastEdge = []; // of the edges to what is computed from a node; -1: none
    readonly IEnumerator<double> work;
    ValuePlaces? places;

    // A node's edge to one that is computed from it, and that node's next edge of this kind.
    record struct Edge(int Consumer, double Slope, int Next);

    /// <summary>Begins to build a text's graph.</summary>
    /// <param name="model">The model, as it is now.</param>
    /// <param name="text">Any text with letters of the vocabulary, as far as the model can see it.</param>
    /// <exception cref="ArgumentException">The model has another shape than that of microgpt.cs.</exception>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public ValueGraph(Gpt model, string text)
    {
        ArgumentNullException.ThrowIfNull(model);
        var config = model.Config;
        if ((config.NLayer, config.NEmbd, config.BlockSize, config.NHead) != (1, 16, 16, 4))
        {
            throw new ArgumentException("the graph is that of microgpt.cs, whose model has one layer, 16 numbers to a "
                + "token, 4 heads, and sees 16 tokens; this model has another shape", nameof(model));
        }
        tokens = model.Tokenizer.Encode(text);
        tokens = tokens[..Math.Min(tokens.Length, config.BlockSize + 1)];
        parameters = Array.ConvertAll(model.Parameters.Values, number => (Value)number);
        stateDict = [];
        foreach (var tensor in model.Parameters.Tensors)
        {
            stateDict[tensor.Name] = [.. parameters.Skip(tensor.Offset).Take(tensor.Length).Chunk(tensor.Columns)];
        }
        work = Work().GetEnumerator();
    }

    /// <inheritdoc/>
    public override double Progress => IsDone ? 1 : work.Current;

    /// <summary>The number of nodes; complete when the job is done, like everything below.</summary>
    public int Count => nodes.Count;

    /// <summary>A node.</summary>
    /// <param name="number">From 0, the loss, to below <see cref="Count"/>.</param>
    public ValueNode this[int number]
    {
        get
        {
            var value = nodes[number];
            var parents = new List<ValueEdge>();
            if (A(value) is Value a)
            {
                parents.Add(new(numbers[a], DA(value)));
            }
            if (B(value) is Value b)
            {
                parents.Add(new(numbers[b], DB(value)));
            }
            var consumers = new List<ValueEdge>();
            for (var edge = firstEdge[number]; edge >= 0; edge = edges[edge].Next)
            {
                consumers.Add(new(edges[edge].Consumer, edges[edge].Slope));
            }
            var (operation, exponent) = OperationOf(value);
            return new(number, operation, exponent, value.Data, value.Grad, parents, consumers, places!.Of(value));
        }
    }

    /// <summary>The node of an activation's number; null if the loss does not depend on it.</summary>
    /// <param name="activation">As in <see cref="Trace.Values"/>.</param>
    /// <param name="position">As in <see cref="Trace.Values"/>.</param>
    /// <param name="index">Which of its numbers.</param>
    public int? Find(Activation activation, int position, int index) =>
        numbers.TryGetValue(places!.At(activation, position)[index], out var number) ? number : null;

    /// <summary>The node of a parameter; null if the loss of this text does not depend on it.</summary>
    /// <param name="parameter">Its index.</param>
    public int? Find(int parameter) => numbers.TryGetValue(parameters[parameter], out var number) ? number : null;

    private protected override bool Next() => work.MoveNext() && work.Current < 1;

    // Yields the fraction done after each piece.
    IEnumerable<double> Work()
    {
        var n = tokens.Length - 1;
        Value sum = 0;
        for (var i = 0; i < n; i++)
        {
            logits.Add(Program.Gpt(stateDict, tokens[i], i, keys, values));
            probabilities.Add(Program.Softmax(logits[i]));
            sum += -probabilities[i][tokens[i + 1]].Log();
            yield return 0.4 * (i + 1) / n;
        }
        path.Push(1.0 / n * sum);
        numbers.Add(path.Peek(), -1);
        for (var room = 9000.0 * n; path.Count > 0;)
        {
            Descend();
            yield return 0.4 + 0.25 * Math.Min(1, postorder.Count / room);
        }
        for (var left = postorder.Count; left > 0; left -= MovesAtOnce)
        {
            for (var i = left - 1; i >= Math.Max(0, left - MovesAtOnce); i--)
            {
                Number(postorder[i]);
            }
            yield return 0.65;
        }
        nodes[0].Grad = 1;
        for (var done = 0; done < postorder.Count; done += MovesAtOnce)
        {
            PassOn(done, Math.Min(done + MovesAtOnce, postorder.Count));
            yield return 0.7 + 0.25 * done / postorder.Count;
        }
        places = new(parameters, keys[0], values[0], logits, probabilities);
        yield return 1;
    }

    // The search of microgpt.cs: first a, then b; a value is listed once both are. Leaves are not listed.
    void Descend()
    {
        for (var moves = 0; moves < MovesAtOnce && path.Count > 0; moves++)
        {
            var value = path.Peek();
            if (Unlisted(A(value)) is Value a)
            {
                path.Push(a);
            }
            else if (Unlisted(B(value)) is Value b)
            {
                path.Push(b);
            }
            else
            {
                postorder.Add(path.Pop());
            }
        }
    }

    Value? Unlisted(Value? value) => value != null && A(value) != null && numbers.TryAdd(value, -1) ? value : null;

    // These values hand their gradients to what they were computed from.
    void PassOn(int first, int end)
    {
        for (var number = first; number < end; number++)
        {
            var value = nodes[number];
            Pass(A(value), DA(value));
            Pass(B(value), DB(value));

            void Pass(Value? to, double slope)
            {
                if (to != null)
                {
                    to.Grad += slope * value.Grad;
                    var source = numbers.TryGetValue(to, out var known) ? known : Number(to);
                    Link(source, new(number, slope, -1));
                }
            }
        }
    }

    int Number(Value value)
    {
        numbers[value] = nodes.Count;
        nodes.Add(value);
        firstEdge.Add(-1);
        lastEdge.Add(-1);
        return nodes.Count - 1;
    }

    void Link(int source, Edge edge)
    {
        if (lastEdge[source] < 0)
        {
            firstEdge[source] = edges.Count;
        }
        else
        {
            edges[lastEdge[source]] = edges[lastEdge[source]] with { Next = edges.Count };
        }
        lastEdge[source] = edges.Count;
        edges.Add(edge);
    }

    // microgpt.cs keeps no names: which operation made a value shows in its slopes.
    static (ValueOperation, double?) OperationOf(Value value)
    {
        if (A(value) is not Value a)
        {
            return (ValueOperation.Leaf, null);
        }
        if (B(value) is Value b)
        {
            return (DA(value) == 1 && DB(value) == 1 && Same(value.Data, a.Data + b.Data)
                ? ValueOperation.Add : ValueOperation.Multiply, null);
        }
        foreach (var exponent in new[] { -1, -0.5, 0.5 })
        {
            if (Same(value.Data, Math.Pow(a.Data, exponent))
                && Same(DA(value), exponent * Math.Pow(a.Data, exponent - 1)))
            {
                return (ValueOperation.Pow, exponent);
            }
        }
        return (Same(value.Data, Math.Log(a.Data)) && Same(DA(value), 1 / a.Data) ? ValueOperation.Log
            : Same(value.Data, Math.Exp(a.Data)) && Same(DA(value), value.Data) ? ValueOperation.Exp
            : ValueOperation.Relu, null);

        static bool Same(double x, double y) => x.Equals(y); // NaN too
    }

    // What a Value was computed from is its own business in microgpt.cs; these read it there.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<a>P")]
    static extern ref Value? A(Value value);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<b>P")]
    static extern ref Value? B(Value value);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<da>P")]
    static extern ref double DA(Value value);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<db>P")]
    static extern ref double DB(Value value);

    /// <summary>What a Value was computed from, for the search of places.</summary>
    internal static (Value A, Value B) SourcesOf(Value value) => (A(value)!, B(value)!);
}
