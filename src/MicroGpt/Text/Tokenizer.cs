using System.Collections;
using System.Text;

namespace MicroGpt;

/// <summary>Converts characters to token ids and back. A character is a Unicode code point.</summary>
/// <remarks>
/// Ids 0, 1, 2, ... follow the order of the code points. One more token, <see cref="Bos"/>, marks where every document
/// begins and ends.
/// </remarks>
public sealed class Tokenizer
{
    readonly int[] codePoints; // of the characters, ascending: the index is the id

    /// <summary>Builds the vocabulary of some documents.</summary>
    /// <param name="documents">A corpus or any strings; only the set of their characters matters.</param>
    /// <exception cref="ArgumentException">There are no characters.</exception>
    public Tokenizer(IEnumerable<string> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var seen = new BitArray(0x110000); // one bit per code point
        var last = -1;
        foreach (var document in documents)
        {
            foreach (var character in document.EnumerateRunes())
            {
                seen[character.Value] = true;
                last = Math.Max(last, character.Value);
            }
        }
        var found = new List<int>();
        var text = new StringBuilder();
        for (var codePoint = 0; codePoint <= last; codePoint++)
        {
            if (seen[codePoint])
            {
                found.Add(codePoint);
                text.Append(char.ConvertFromUtf32(codePoint));
            }
        }
        (codePoints, Characters) = (found.ToArray(), text.ToString());
        if (codePoints.Length == 0)
        {
            throw new ArgumentException("there are no characters to learn", nameof(documents));
        }
    }

    /// <summary>All characters the tokenizer knows, in id order.</summary>
    public string Characters { get; }

    /// <summary>The token before and after every document: the last id.</summary>
    public int Bos => codePoints.Length;

    /// <summary>The number of tokens: the characters and <see cref="Bos"/>.</summary>
    public int VocabSize => codePoints.Length + 1;

    /// <summary>Encodes a document: <see cref="Bos"/>, its characters, <see cref="Bos"/>.</summary>
    /// <exception cref="UnknownCharacterException">The document has a character the tokenizer does not know.</exception>
    public int[] Encode(string document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var tokens = new int[document.Length + 2]; // a character is one or two UTF-16 units
        return tokens[..Encode(document, tokens)];
    }

    /// <summary>Encodes a document into the caller's memory, as far as it fits.</summary>
    /// <param name="document">The document.</param>
    /// <param name="tokens">Receives <see cref="Bos"/>, the ids, and <see cref="Bos"/>.</param>
    /// <returns>The number of tokens written.</returns>
    /// <exception cref="UnknownCharacterException">The document has a character the tokenizer does not know.</exception>
    internal int Encode(string document, Span<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (tokens.IsEmpty)
        {
            return 0;
        }
        var count = 0;
        tokens[count++] = Bos;
        foreach (var character in document.EnumerateRunes())
        {
            if (count == tokens.Length)
            {
                return count;
            }
            var id = Array.BinarySearch(codePoints, character.Value);
            tokens[count] = id >= 0 ? id : throw new UnknownCharacterException(character, count - 1, document, this);
            count++;
        }
        if (count < tokens.Length)
        {
            tokens[count++] = Bos;
        }
        return count;
    }

    /// <summary>The character of a token.</summary>
    /// <param name="token">An id from 0 to <see cref="Bos"/> - 1.</param>
    public Rune Decode(int token) => (uint)token < (uint)codePoints.Length
        ? new Rune(codePoints[token])
        : throw new ArgumentOutOfRangeException(nameof(token), token, $"not a character: 0 to {Bos - 1} are");
}
