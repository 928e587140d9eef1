namespace MicroGpt.Record;

/// <summary>What made a Value of microgpt.cs. In the file, a / b is a · b⁻¹, and a - b is a + b · -1.</summary>
public enum ValueOperation
{
    /// <summary>A parameter or a constant: nothing made it.</summary>
    Leaf,

    /// <summary>a + b.</summary>
    Add,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a to the power of a constant.</summary>
    Pow,

    /// <summary>The natural logarithm of a.</summary>
    Log,

    /// <summary>e to the power of a.</summary>
    Exp,

    /// <summary>a where it is above 0, else 0.</summary>
    Relu,
}

/// <summary>One Value of microgpt.cs's graph.</summary>
/// <param name="Number">Its number in the graph.</param>
/// <param name="Operation">What made it.</param>
/// <param name="Exponent">That of <see cref="ValueOperation.Pow"/>; else null.</param>
/// <param name="Data">The number itself.</param>
/// <param name="Grad">How fast the loss grows as it grows.</param>
/// <param name="Parents">What it was computed from, a and b, and how fast it grows with each.</param>
/// <param name="Consumers">
/// What was computed from it, and how fast each grows with it, in the order in which they hand it their gradients: slope
/// times the consumer's gradient, added up in this order from 0, is <paramref name="Grad"/>, bit for bit.
/// </param>
/// <param name="Place">Which number of the model it is; null for one on the way, such as a partial sum.</param>
public sealed record ValueNode(
    int Number, ValueOperation Operation, double? Exponent, double Data, double Grad,
    IReadOnlyList<ValueEdge> Parents, IReadOnlyList<ValueEdge> Consumers, ValuePlace? Place);

/// <summary>A line between two nodes of a graph.</summary>
/// <param name="Node">The other node.</param>
/// <param name="Slope">How fast what was computed grows with what it was computed from.</param>
public readonly record struct ValueEdge(int Node, double Slope);

/// <summary>Which number of the model a node is: a parameter, or a number of an activation.</summary>
/// <param name="Parameter">Its index; null for an activation.</param>
/// <param name="Activation">The activation; null for a parameter.</param>
/// <param name="Position">The position of the activation.</param>
/// <param name="Index">Which of the activation's numbers, as in <see cref="Trace.Values"/>.</param>
public sealed record ValuePlace(int? Parameter, Activation? Activation, int Position, int Index);
