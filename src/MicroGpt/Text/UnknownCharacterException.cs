using System.Text;

namespace MicroGpt;

/// <summary>A text has a character that is not in the model's vocabulary.</summary>
public sealed class UnknownCharacterException : ArgumentException
{
    const int MaxQuoted = 60, MaxKnown = 100;

    internal UnknownCharacterException(Rune character, int position, string text, Tokenizer tokenizer)
        : base($"the model does not know the character '{character}' (U+{character.Value:X4}) in \"{Quote(text)}\""
            + (tokenizer.VocabSize <= MaxKnown ? $"; it knows {tokenizer.Characters}" : ""))
    {
        (Character, Position, Text) = (character, position, text);
    }

    /// <summary>The first character that the model does not know.</summary>
    public Rune Character { get; }

    /// <summary>Its index in <see cref="Text"/>, in code points.</summary>
    public int Position { get; }

    /// <summary>The text.</summary>
    public string Text { get; }

    static string Quote(string text) => text.Length <= MaxQuoted ? text
        : string.Concat(text.EnumerateRunes().Take(MaxQuoted)) + "...";
}
