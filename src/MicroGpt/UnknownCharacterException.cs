using System.Text;

namespace MicroGpt;

/// <summary>A text has a character that the model does not know: one that its training data lacked.</summary>
public sealed class UnknownCharacterException : ArgumentException
{
    const int MaxQuoted = 60, MaxKnown = 100;

    internal UnknownCharacterException(Rune character, int position, string text, Tokenizer tokenizer)
        : base($"the model does not know the character '{character}' (U+{character.Value:X4}) of \"{Quote(text)}\""
            + (tokenizer.VocabSize <= MaxKnown ? $"; it knows {tokenizer.Characters}" : ""))
    {
        (Character, Position, Text) = (character, position, text);
    }

    /// <summary>The first character that the model does not know.</summary>
    public Rune Character { get; }

    /// <summary>Its place in <see cref="Text"/>, from 0, counted in code points.</summary>
    public int Position { get; }

    /// <summary>The text.</summary>
    public string Text { get; }

    static string Quote(string text) => text.Length <= MaxQuoted ? text
        : string.Concat(text.EnumerateRunes().Take(MaxQuoted)) + "...";
}
