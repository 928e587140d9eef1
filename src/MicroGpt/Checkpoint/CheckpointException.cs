using System.Globalization;
using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>A file is not a valid checkpoint, or a model can't be saved as one; the message says why.</summary>
public sealed class CheckpointException : Exception
{
    const int MaxMessage = 1000; // a name in a hostile file may have millions of characters

    internal CheckpointException(string message)
        : base(message.Length <= MaxMessage ? message : message[..MaxMessage] + "...")
    {
    }

    /// <summary>Throws if a rule is broken; only then is the message formatted.</summary>
    internal static void Require(bool rule, [InterpolatedStringHandlerArgument(nameof(rule))] ref Reason broken)
    {
        if (!rule)
        {
            throw new CheckpointException(broken.ToString());
        }
    }

    internal static void Require(bool rule, string broken)
    {
        if (!rule)
        {
            throw new CheckpointException(broken);
        }
    }

    /// <summary>Formats the message of <c>Require(rule, $"...")</c> only if the rule is broken.</summary>
    [InterpolatedStringHandler]
    internal ref struct Reason
    {
        DefaultInterpolatedStringHandler text;

        public Reason(int literalLength, int formattedCount, bool rule, out bool isNeeded)
        {
            isNeeded = !rule;
            text = isNeeded ? new(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
        }

        public void AppendLiteral(string value) => text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

        public override string ToString() => text.ToStringAndClear();
    }
}
