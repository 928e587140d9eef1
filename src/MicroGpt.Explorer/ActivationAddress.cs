using System.Globalization;

namespace MicroGpt.Explorer;

/// <summary>A number of a trace: one of those that a model computes for a text.</summary>
/// <param name="Activation">Which of them.</param>
/// <param name="Layer">From 0.</param>
/// <param name="Position">From 0, where BOS stands.</param>
/// <param name="Index">Within the activation; -1: all of them, the operation.</param>
public readonly record struct ActivationAddress(Activation Activation, int Layer, int Position, int Index)
{
    /// <summary>As in the address of the page: query.0.2.5, or query.0.2 for the operation.</summary>
    public override string ToString()
    {
        var operation = FormattableString.Invariant($"{Activation.ToString().ToLowerInvariant()}.{Layer}.{Position}");
        return Index < 0 ? operation : FormattableString.Invariant($"{operation}.{Index}");
    }

    /// <summary>The place that a key names; null: it names none.</summary>
    public static ActivationAddress? Of(string? key)
    {
        if (key?.Split('.') is not { Length: 3 or 4 } parts || !char.IsAsciiLetter(parts[0].FirstOrDefault())
            || !Enum.TryParse<Activation>(parts[0], ignoreCase: true, out var activation))
        {
            return null;
        }
        var numbers = new List<int>();
        foreach (var part in parts.Skip(1))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }
            numbers.Add(number);
        }
        return new(activation, numbers[0], numbers[1], numbers.Count == 3 ? numbers[2] : -1);
    }

    /// <summary>Whether a trace has this number.</summary>
    public bool IsIn(Trace trace, int layers)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return Layer < layers && Position < trace.Positions && Index < trace.Values(Activation, Layer, Position).Length;
    }
}
