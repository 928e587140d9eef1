namespace MicroGpt;

/// <summary>How a text is split into documents.</summary>
public enum DocumentUnit
{
    /// <summary>Each line is a document: for lists, as in the reference.</summary>
    Line,

    /// <summary>Blank lines separate documents: for poems, recipes, entries.</summary>
    Paragraph,

    /// <summary>Pieces of equal length, wherever they begin and end: for running text.</summary>
    Chunk,
}

/// <summary>How a text was split into documents, so that another text can be read the same way.</summary>
/// <param name="Unit">How the text was split.</param>
/// <param name="ChunkLength">Characters in a <see cref="DocumentUnit.Chunk"/>; 0 for lines and paragraphs.</param>
/// <param name="ValidationFraction">The fraction that <see cref="Corpus.Split"/> held out; 0: none.</param>
/// <param name="ValidationSeed">The seed that chose the held-out documents.</param>
public sealed record TextReading(
    DocumentUnit Unit = DocumentUnit.Line,
    int ChunkLength = 0,
    double ValidationFraction = 0,
    long ValidationSeed = 0);
